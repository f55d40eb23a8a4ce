import type { RetryPolicy } from "@q/kernel";
import { Queue } from "@q/messaging/entities";
import type { QueueSettings } from "../routing/queue-table.ts";
import type { TaskRoutes } from "../routing/router.ts";
import type { TaskAnnotations } from "../tasks/annotations.ts";
import { camelKeys } from "./setting-name.ts";
import { fromJson, isPlainObject, map, number, type SettingType } from "./setting-type.ts";

const DEFAULT_POLICY: RetryPolicy = { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 };

/** Celery's `{max_retries, interval_start, …}` in either spelling; absent parts take their defaults. */
export const retryPolicy: SettingType<RetryPolicy> = {
  name: "retry policy {maxRetries, intervalStart, intervalStep, intervalMax}",
  parse: (value) => {
    const given = map.parse(value);
    if (given === undefined) return undefined;
    const policy = new Map<string, unknown>(Object.entries(DEFAULT_POLICY));
    for (const [part, amount] of Object.entries(camelKeys(given))) {
      const read = part === "maxRetries" && amount === null ? null : number.parse(amount);
      if (read === undefined || !policy.has(part)) return undefined;
      policy.set(part, read);
    }
    return Object.fromEntries(policy) as unknown as RetryPolicy;
  },
};

/** `task_queues`: a list of `Queue`s and of specifications, or a map of names to specifications. */
export const taskQueues: SettingType<NonNullable<QueueSettings["taskQueues"]>> = {
  name: "list of queues, or map of names to queue options",
  parse: (value) => {
    const given = fromJson(value);
    if (Array.isArray(given)) {
      const list = given.map((one: unknown) => (one instanceof Queue ? one : normalOptions(one)));
      return list.every((one) => one !== undefined) ? list : undefined;
    }
    return mapValues(given, normalOptions);
  },
};

/** `task_routes` in all the forms that the router knows. */
export const taskRoutes: SettingType<TaskRoutes> = {
  name: "map of task names to routes, router function, or list of these",
  parse: (value) => readRoutes(fromJson(value)) as TaskRoutes | undefined,
};

function readRoutes(value: unknown): unknown {
  if (typeof value === "function") return value;
  if (value instanceof Map)
    return readPairs([...(value as Map<unknown, unknown>)], (pairs) => new Map(pairs));
  if (!Array.isArray(value)) return mapValues(value, normalRoute);
  if (value.every(isPair)) return readPairs(value, (pairs) => pairs);
  const list = value.map(readRoutes);
  return list.includes(undefined) ? undefined : list;
}

function isPair(value: unknown): value is [pattern: unknown, route: unknown] {
  return (
    Array.isArray(value) && value.length === 2 && (typeof value[0] === "string" || value[0] instanceof RegExp)
  );
}

function readPairs<TResult>(
  pairs: readonly (readonly [pattern: unknown, route: unknown])[],
  build: (pairs: [unknown, unknown][]) => TResult,
): TResult | undefined {
  const read = pairs.map(([pattern, route]): [unknown, unknown] => [pattern, normalRoute(route)]);
  return read.some(([, route]) => route === undefined) ? undefined : build(read);
}

function normalRoute(route: unknown): unknown {
  return typeof route === "string" ? route : normalOptions(route);
}

/** `task_annotations`: options by task name or `*`, a function of the task's options, or a list of these. */
export const taskAnnotations: SettingType<TaskAnnotations | readonly TaskAnnotations[]> = {
  name: "map of task names to options, function, or list of these",
  parse: (value) => {
    const given = fromJson(value);
    if (!Array.isArray(given)) return readAnnotation(given);
    const list = given.map(readAnnotation);
    return list.every((one) => one !== undefined) ? list : undefined;
  },
};

function readAnnotation(value: unknown): TaskAnnotations | undefined {
  if (typeof value === "function") return value as TaskAnnotations;
  if (isAnnotator(value)) return (options) => value.annotate(options);
  return mapValues(value, normalOptions) as TaskAnnotations | undefined;
}

interface Annotator {
  annotate: Extract<TaskAnnotations, (...args: never[]) => unknown>;
}

function isAnnotator(value: unknown): value is Annotator {
  return (
    typeof value === "object" && value !== null && "annotate" in value && typeof value.annotate === "function"
  );
}

function normalOptions(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isPlainObject(value) ? camelKeys(value) : undefined;
}

/** The object with each value replaced; `undefined` when it is no object or a value has no replacement. */
function mapValues<TValue>(
  object: unknown,
  replace: (value: unknown) => TValue | undefined,
): Readonly<Record<string, NonNullable<TValue>>> | undefined {
  if (!isPlainObject(object)) return undefined;
  const entries = Object.entries(object).map(([key, value]) => [key, replace(value)] as const);
  if (entries.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(entries) as Record<string, NonNullable<TValue>>;
}
