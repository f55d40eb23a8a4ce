import type { RetryPolicy } from "@q/kernel";
import type { Exchange } from "../entities/exchange.ts";
import type { Queue } from "../entities/queue.ts";

/** Options of `Producer.publish`. */
export interface PublishOptions {
  /**
   * Entities that must exist first. Each is declared once per connection, and again after a reconnect. They are told
   * apart by identity: keep them, a new object each time is a declaration each time.
   */
  readonly declare?: readonly (Exchange | Queue)[];
  /** False: one attempt only. Default true. */
  readonly retry?: boolean;
  /** Default that of the producer. `maxRetries: null` tries for ever. */
  readonly retryPolicy?: RetryPolicy;
  /** Bound of one attempt, milliseconds. Default that of the producer. */
  readonly timeoutMs?: number;
  /** Ends the wait with the signal's reason. A message already handed to the broker is not taken back. */
  readonly signal?: AbortSignal;
}
