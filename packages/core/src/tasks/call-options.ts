import { didYouMean, type RetryPolicy } from "@q/kernel";
import type { Exchange, MessageProperties, Queue } from "@q/messaging";
import type { SignatureLike } from "../canvas/signature-of.ts";
import { TaskArgumentsError } from "../errors.ts";

/** Whether a message survives a restart of the broker: 1 is `transient`, 2 `persistent`. */
export type DeliveryMode = 1 | 2 | "transient" | "persistent";

/** Options of one call. Absent ones come from the task, then the routes, then the settings. */
export interface CallOptions {
  /** Keyword arguments. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Seconds from now until the task may run. Excludes `eta`. */
  readonly countdown?: number;
  /** The task runs at this time or later, never before. ISO 8601 text without offset means UTC. */
  readonly eta?: Date | string;
  /** Seconds from now, or a time, after which the task is revoked instead of run. */
  readonly expires?: number | Date | string;
  /** Default a new UUID. */
  readonly taskId?: string;
  /** Name of a queue, or the queue itself. */
  readonly queue?: string | Queue;
  /** Name of an exchange, or the exchange itself, which is then declared. */
  readonly exchange?: string | Exchange;
  /** Type of an exchange that is given by its name: with it, it is declared. */
  readonly exchangeType?: string;
  readonly routingKey?: string;
  /** 0 to 255; on Redis 0 is served first, on RabbitMQ the highest number. */
  readonly priority?: number;
  /** Name of a serializer, such as `json` or `yaml`. */
  readonly serializer?: string;
  /** Name of a compression, such as `gzip` or `zstd`. */
  readonly compression?: string;
  /** Publish again when the connection fails. Default setting `taskPublishRetry`. */
  readonly retry?: boolean;
  readonly retryPolicy?: Partial<RetryPolicy>;
  /** Store no result. */
  readonly ignoreResult?: boolean;
  /** Seconds after which the task is ended by force. */
  readonly timeLimit?: number;
  /** Seconds after which the task's signal aborts. */
  readonly softTimeLimit?: number;
  /** Name for logs and monitors instead of the task's own. */
  readonly shadow?: string;
  /** Custom message headers. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Text shown by logs and monitors instead of the arguments: use it to hide secrets. */
  readonly argsrepr?: string;
  readonly kwargsrepr?: string;
  /** Runs after success, with the result as its first argument. */
  readonly link?: SignatureLike | readonly SignatureLike[];
  /** Runs after failure, with the id of the failed task as its first argument. */
  readonly linkError?: SignatureLike | readonly SignatureLike[];
  /** Record the result among the children of the calling task. Default true. */
  readonly addToParent?: boolean;
  /** Default `persistent`. The numbers are AMQP's. */
  readonly deliveryMode?: DeliveryMode;
  /** Publishing fails when the message reaches no queue; where the broker can tell, which is RabbitMQ. Default false. */
  readonly mandatory?: boolean;
  /** Further message properties, such as `messageId` or `appId`. */
  readonly properties?: MessageProperties;
  /** Milliseconds until publishing settles, one way or the other. */
  readonly publishTimeoutMs?: number;
  readonly replyTo?: string;
  readonly correlationId?: string;
  readonly rootId?: string;
  readonly parentId?: string;
  readonly groupId?: string;
  readonly groupIndex?: number;
  readonly chord?: SignatureLike;
  /** Remaining tasks of the chain, in reverse. */
  readonly chain?: readonly SignatureLike[];
  readonly retries?: number;
  readonly replacedTaskNesting?: number;
  readonly stampedHeaders?: readonly string[];
  readonly stamps?: Readonly<Record<string, unknown>>;
}

/** No options at all; recognised by identity, so that plain calls skip the merging. */
export const NO_OPTIONS: CallOptions = Object.freeze({});

const NAMES: Readonly<Record<keyof CallOptions | "throw", true>> = {
  kwargs: true, countdown: true, eta: true, expires: true, taskId: true, queue: true, exchange: true, routingKey: true,
  exchangeType: true, mandatory: true,
  priority: true, serializer: true, compression: true, retry: true, retryPolicy: true, ignoreResult: true,
  timeLimit: true, softTimeLimit: true, shadow: true, headers: true, argsrepr: true, kwargsrepr: true, link: true,
  linkError: true, addToParent: true, deliveryMode: true, properties: true, publishTimeoutMs: true, replyTo: true,
  correlationId: true, rootId: true, parentId: true, groupId: true, groupIndex: true, chord: true, chain: true,
  retries: true, replacedTaskNesting: true, stampedHeaders: true, stamps: true, throw: true,
}; // prettier-ignore

/**
 * What is wrong with options, for programs without types: a misspelt `countdown` would run the task at once.
 * `undefined` when nothing is.
 */
export function wrongCallOption(options: CallOptions): string | undefined {
  for (const name in options) {
    if (!Object.hasOwn(NAMES, name))
      return `there is no call option "${name}".${didYouMean(name, Object.keys(NAMES))}`;
  }
  const { priority, deliveryMode } = options;
  if (priority !== undefined && !Number.isInteger(priority))
    return `option "priority" is not a whole number: ${String(priority)}`;
  if (deliveryMode !== undefined && deliveryModeNumber(deliveryMode) === undefined)
    return `option "deliveryMode" is 1, 2, "transient" or "persistent", not ${String(deliveryMode)}`;
  return undefined;
}

/** @throws {TaskArgumentsError} for what {@link wrongCallOption} finds */
export function checkCallOptions(options: CallOptions): void {
  const wrong = wrongCallOption(options);
  if (wrong !== undefined) throw new TaskArgumentsError(wrong);
}

const DELIVERY_MODES: ReadonlyMap<unknown, 1 | 2> = new Map<unknown, 1 | 2>([
  [1, 1],
  [2, 2],
  ["transient", 1],
  ["persistent", 2],
]);

/** AMQP's number; `undefined` for anything that is no mode. */
export function deliveryModeNumber(mode: DeliveryMode): 1 | 2 | undefined {
  return DELIVERY_MODES.get(mode);
}
