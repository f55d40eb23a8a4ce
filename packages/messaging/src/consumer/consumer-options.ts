import type { Clock, Logger, RetryPolicy } from "@q/kernel";
import type { Delivery } from "../contracts.ts";
import type { Queue } from "../entities/queue.ts";
import type { ConsumerSession } from "./consumer-session.ts";

/** Options of a `Consumer`. Callbacks are called synchronously. */
export interface ConsumerOptions {
  /** Queues to consume from at first; they are declared, with their exchanges and bindings, in every session. */
  readonly queues: readonly Queue[];
  /** Most deliveries that may be unsettled at once; 0 takes nothing until it grows. Default `Infinity`, no limit. */
  readonly prefetch?: number;
  /** Deliveries need no settlement. Default: true when every queue has `noAck`. */
  readonly noAck?: boolean;
  /** Consumer arguments such as `x-priority`; they go before those of the queues. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /**
   * Takes deliveries over, each to be settled once. It must not throw: that breaks the session, and what is unsettled
   * is delivered again.
   */
  readonly onBatch: (deliveries: readonly Delivery[], session: ConsumerSession) => void;
  /** Deliveries flow, for the first time or again. */
  readonly onUp?: (session: ConsumerSession) => void;
  /** Deliveries have stopped: nothing unsettled can be settled any more, the broker delivers it again. */
  readonly onLost?: (error: Error) => void;
  /** An attempt to get (back) to consuming failed; the next comes after `delayMs`. */
  readonly onRetry?: (error: Error, delayMs: number) => void;
  /** The consumer has ended by itself: the error is final, or the policy exhausted. */
  readonly onGiveUp?: (error: Error) => void;
  /** Delays between attempts; default `defaultConnectPolicy`. Its count begins anew when deliveries flow. */
  readonly retryPolicy?: RetryPolicy;
  /** False: `start` rejects with the first error. Default true. */
  readonly retryOnStartup?: boolean;
  /** Default: none. */
  readonly watchdog?: {
    /** Silence that makes it ask the broker, milliseconds. Default 30000. */
    readonly idleMs?: number;
    /** Somebody waits for work. */
    readonly hasFreeSlots: () => boolean;
  };
  /** Bound of opening a channel and of each declaration, milliseconds. Default 10000. */
  readonly setupTimeoutMs?: number;
  /** Bound of `stop`, milliseconds. Default 5000. */
  readonly stopTimeoutMs?: number;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Its losses and attempts are told at debug only: another consumer of the same connection tells them. Default false. */
  readonly isBeside?: boolean;
  readonly clock?: Clock;
}
