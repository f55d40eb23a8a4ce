import type { Clock, Logger, QError } from "@q/kernel";
import type { DriverChannel, DriverConfirmChannel } from "./amqp-driver.ts";
import type { FailedOperation } from "./amqp-errors.ts";
import type { AmqpOptions } from "./amqp-options.ts";

/** What the channels of a connection share. */
export interface AmqpSession {
  readonly options: AmqpOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Queues whose type knows no prefetch of the whole channel; grows, and outlives the connection. */
  readonly perConsumerQueues: Set<string>;
  /** The broker wants every prefetch to be set per consumer. */
  readonly alwaysPerConsumer: boolean;
  /** The broker takes no messages: it is short of memory or disk space. */
  readonly isBlocked: boolean;
  /** Calls `listener` whenever the broker takes messages again; returns how to stop that. */
  onUnblocked(listener: () => void): () => void;
  openDriverChannel(): Promise<DriverChannel>;
  openDriverConfirmChannel(): Promise<DriverConfirmChannel>;
  /** The driver's error in our terms. When the connection is lost, that is what it says. */
  explain(thrown: unknown, operation: FailedOperation): QError;
  /** Runs one request, within `read_timeout` where that is set. */
  request<TReply>(
    operation: FailedOperation,
    send: (done: (error: Error | null | undefined, reply: TReply) => void) => void,
  ): Promise<TReply>;
}
