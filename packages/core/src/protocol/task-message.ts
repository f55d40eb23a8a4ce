import type { MessageProperties } from "@q/messaging";
import type { Embed, TaskBody } from "./embed.ts";
import { isoFormat } from "./iso-time.ts";
import { pythonRepr, pythonReprTuple } from "./python-repr.ts";

/** Headers of a protocol 2 task message, under their wire names. All are sent; readers tolerate absent ones. */
export interface TaskHeaders {
  readonly lang: string;
  readonly task: string;
  readonly id: string;
  readonly shadow: string | null;
  readonly eta: string | null;
  readonly expires: string | null;
  readonly group: string | null;
  readonly group_index: number | null;
  readonly retries: number;
  /** Hard first, then soft; seconds. */
  readonly timelimit: readonly [hard: number | null, soft: number | null];
  readonly root_id: string;
  readonly parent_id: string | null;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly origin: string;
  readonly ignore_result: boolean;
  readonly replaced_task_nesting: number;
  readonly stamped_headers: readonly string[] | null;
  readonly stamps: Readonly<Record<string, unknown>>;
  readonly [custom: string]: unknown;
}

/** Everything that a task message is made of, in our own terms. */
export interface OutgoingTask {
  readonly name: string;
  readonly id: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
  readonly origin: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly replyTo: string;
  readonly correlationId?: string | undefined;
  readonly eta?: Date | undefined;
  readonly expires?: Date | undefined;
  readonly retries?: number | undefined;
  readonly groupId?: string | null | undefined;
  readonly groupIndex?: number | null | undefined;
  readonly timeLimit?: number | null | undefined;
  readonly softTimeLimit?: number | null | undefined;
  readonly shadow?: string | null | undefined;
  readonly ignoreResult?: boolean | undefined;
  readonly argsrepr?: string | undefined;
  readonly kwargsrepr?: string | undefined;
  readonly replacedTaskNesting?: number | undefined;
  readonly stampedHeaders?: readonly string[] | null | undefined;
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
  /** Custom headers; they win over ours, as in Celery. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly priority?: number | undefined;
  readonly deliveryMode?: 1 | 2 | undefined;
  /** Further message properties. */
  readonly properties?: MessageProperties | undefined;
  /** Zone in which times are written. Default UTC. */
  readonly timeZone?: string | undefined;
  /** Milliseconds since 1970; the expiration property counts from here. */
  readonly nowMs: number;
  /** Longest `argsrepr` and `kwargsrepr`. Default 1024. */
  readonly reprMaxLength?: number | undefined;
  /** A worker is to see the message although it has expired by then. Default false: the broker may drop it. */
  readonly expiresInWorker?: boolean | undefined;
}

/** @see wire protocol, "Headers" */
export function taskHeaders(task: OutgoingTask): TaskHeaders {
  const headers: TaskHeaders = {
    lang: "js",
    task: task.name,
    id: task.id,
    shadow: task.shadow ?? null,
    eta: task.eta ? isoFormat(task.eta, task.timeZone) : null,
    expires: task.expires ? isoFormat(task.expires, task.timeZone) : null,
    group: task.groupId ?? null,
    group_index: task.groupIndex ?? null,
    retries: task.retries ?? 0,
    timelimit: [task.timeLimit ?? null, task.softTimeLimit ?? null],
    root_id: task.rootId,
    parent_id: task.parentId,
    argsrepr: task.argsrepr ?? pythonReprTuple(task.args, task.reprMaxLength),
    kwargsrepr:
      task.kwargsrepr ?? (isEmpty(task.kwargs) ? "{}" : pythonRepr(task.kwargs, task.reprMaxLength)),
    origin: task.origin,
    ignore_result: task.ignoreResult ?? false,
    replaced_task_nesting: task.replacedTaskNesting ?? 0,
    stamped_headers: task.stampedHeaders ?? null,
    stamps: task.stamps ?? {},
  };
  return task.headers ? { ...headers, ...task.headers } : headers;
}

/** @see wire protocol, "Properties" */
export function taskProperties(task: OutgoingTask): MessageProperties {
  const properties: { -readonly [TKey in keyof MessageProperties]: MessageProperties[TKey] } = {
    correlationId: task.correlationId ?? task.id,
    replyTo: task.replyTo,
    deliveryMode: task.deliveryMode ?? 2,
    priority: task.priority ?? 0,
  };
  // A broker that drops a member of a chord itself would leave the chord waiting: the worker does, and tells it.
  if (task.expires && !task.expiresInWorker && !isChordMember(task.embed)) {
    properties.expiration = String(Math.max(0, Math.trunc(task.expires.getTime() - task.nowMs)));
  }
  return task.properties ? { ...properties, ...task.properties } : properties;
}

/** Itself, or what ends its chain. */
function isChordMember({ chord, chain }: Embed): boolean {
  return chord !== null || (chain?.[0]?.options["chord"] ?? null) !== null;
}

/** @see wire protocol, "Body" */
export function taskBody(task: OutgoingTask): TaskBody {
  return [task.args, task.kwargs, task.embed];
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
