import type { RetryPolicy } from "@q/kernel";
import type { Exchange, MessageProperties, Queue } from "@q/messaging";
import type { SignatureLike } from "../canvas/signature-of.ts";

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
  readonly exchange?: string | Exchange;
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
  /** 1 transient, 2 persistent. */
  readonly deliveryMode?: 1 | 2;
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
