import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import type { App } from "../app/app.ts";
import {
  anyOf,
  bool,
  count,
  deliveryMode,
  integer,
  nullable,
  number,
  rateLimit,
  type SettingType,
  text,
} from "../conf/setting-type.ts";
import type { ResolvedTaskOptions, TaskOptions } from "./task-options.ts";

/** Fills in what a task leaves open, from the settings. */
export function resolveTaskOptions(options: TaskOptions, app: App): ResolvedTaskOptions {
  const conf = app.conf;
  const acksOnEither = options.acksOnFailureOrTimeout ?? conf.taskAcksOnFailureOrTimeout;
  const backoff = options.retryBackoff ?? false;
  return {
    maxRetries: options.maxRetries === undefined ? 3 : options.maxRetries,
    defaultRetryDelay: options.defaultRetryDelay ?? 180,
    retryBackoff: backoff === true ? 1 : backoff,
    retryBackoffMax: options.retryBackoffMax ?? 600,
    retryJitter: options.retryJitter ?? true,
    rateLimit: options.rateLimit ?? conf.taskDefaultRateLimit,
    timeLimit: options.timeLimit ?? conf.taskTimeLimit ?? undefined,
    softTimeLimit: options.softTimeLimit ?? conf.taskSoftTimeLimit ?? undefined,
    ignoreResult: options.ignoreResult ?? conf.taskIgnoreResult,
    storeErrorsEvenIfIgnored: options.storeErrorsEvenIfIgnored ?? conf.taskStoreErrorsEvenIfIgnored,
    serializer: options.serializer ?? conf.taskSerializer,
    compression: options.compression ?? conf.taskCompression ?? undefined,
    acksLate: options.acksLate ?? conf.taskAcksLate,
    rejectOnWorkerLost: options.rejectOnWorkerLost ?? conf.taskRejectOnWorkerLost ?? false,
    acksOnFailure: options.acksOnFailure ?? conf.taskAcksOnFailure ?? acksOnEither,
    acksOnTimeout: options.acksOnTimeout ?? conf.taskAcksOnTimeout ?? acksOnEither,
    trackStarted: options.trackStarted ?? conf.taskTrackStarted,
    sendEvents: options.sendEvents ?? true,
    trail: options.trail ?? true,
    resultreprMaxsize: options.resultreprMaxsize ?? 1024,
  };
}

/** A number of seconds that is not negative. */
const seconds: SettingType<number> = {
  name: "number of seconds, 0 or more",
  parse: (value) => {
    const read = number.parse(value);
    return read !== undefined && read >= 0 ? read : undefined;
  },
};

/** How each option is read; `undefined` for those that only code can give. */
const TYPES: Readonly<Record<keyof TaskOptions, SettingType<unknown> | undefined>> = {
  name: text,
  params: undefined,
  args: undefined,
  kwargs: undefined,
  result: undefined,
  base: undefined,
  maxRetries: nullable(count),
  defaultRetryDelay: seconds,
  autoretryFor: undefined,
  dontAutoretryFor: undefined,
  retryKwargs: undefined,
  // Numbers first: 1 is a factor.
  retryBackoff: anyOf(seconds, bool),
  retryBackoffMax: seconds,
  retryJitter: bool,
  throws: undefined,
  rateLimit: nullable(rateLimit),
  timeLimit: nullable(seconds),
  softTimeLimit: nullable(seconds),
  ignoreResult: bool,
  storeErrorsEvenIfIgnored: bool,
  serializer: text,
  compression: nullable(text),
  acksLate: bool,
  rejectOnWorkerLost: nullable(bool),
  acksOnFailureOrTimeout: bool,
  acksOnFailure: nullable(bool),
  acksOnTimeout: nullable(bool),
  trackStarted: bool,
  typing: bool,
  expires: nullable(number),
  priority: nullable(integer),
  queue: undefined,
  exchange: undefined,
  exchangeType: text,
  routingKey: text,
  deliveryMode,
  mandatory: bool,
  sendEvents: bool,
  trail: bool,
  resultreprMaxsize: count,
};

/**
 * Options of a task in their normal form, and those that nobody knows: they become attributes of the task, as in Celery,
 * unless they look like a slip of the pen.
 *
 * @throws {ImproperlyConfiguredError} for a value of the wrong type, or a name that is a slip or that of a method
 */
export function readTaskOptions(
  task: string,
  given: object,
  isMember: (name: string) => boolean,
): { readonly options: Record<string, unknown>; readonly attributes: Record<string, unknown> } {
  const options: Record<string, unknown> = {};
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (Object.hasOwn(TYPES, name)) options[name] = read(task, { name: name as keyof TaskOptions, value });
    else if (HANDLERS.includes(name) && typeof value === "function") attributes[name] = value;
    else {
      const hint = isMember(name) ? " Every task has something else of that name." : didYouMean(name, NAMES);
      if (hint) throw new ImproperlyConfiguredError(`task "${task}" has no option "${name}".${hint}`);
      attributes[name] = value;
    }
  }
  return { options, attributes };
}

function read(task: string, { name, value }: { name: keyof TaskOptions; value: unknown }): unknown {
  const type = TYPES[name];
  if (type === undefined) return value;
  const parsed = type.parse(value);
  if (parsed !== undefined) return parsed;
  throw new ImproperlyConfiguredError(
    `task "${task}": option "${name}" cannot be ${JSON.stringify(value)}. Expected: ${type.name}.`,
  );
}

const NAMES: readonly string[] = Object.keys(TYPES);
/** Methods that an option may replace. */
const HANDLERS: readonly string[] = ["beforeStart", "onSuccess", "onFailure", "onRetry", "afterReturn"];
