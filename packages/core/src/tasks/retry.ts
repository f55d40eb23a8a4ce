import type { CallOptions } from "./call-options.ts";

/** Options of `self.retry`: when, how often, and any change to the next attempt. */
export interface RetryOptions extends RetryOverrides {
  /** Why; thrown, instead of MaxRetriesExceededError, when no retry is left. */
  readonly exc?: Error;
  /** Retries allowed for this call; `null` for no limit. Default the task's `maxRetries`. */
  readonly maxRetries?: number | null;
  /** `false` returns the Retry instead of throwing it; the caller throws it later. Default true. */
  readonly throw?: boolean;
}

/** What the next attempt changes. Without `countdown` and `eta` it waits the task's `defaultRetryDelay`. */
export interface RetryOverrides extends Omit<CallOptions, "taskId" | "retries"> {
  readonly args?: readonly unknown[];
}
