import { type Clock, sleep } from "./clock.ts";
import { asError } from "./errors.ts";

/** Delays between attempts, growing linearly up to a bound. Seconds, as in Celery's retry policies. */
export interface RetryPolicy {
  /** Retries after the first attempt; `null` retries for ever. */
  readonly maxRetries: number | null;
  /** Seconds before the first retry. */
  readonly intervalStart: number;
  /** Seconds added for each further retry. */
  readonly intervalStep: number;
  /** Upper bound of one delay, seconds. */
  readonly intervalMax: number;
}

/** Whole milliseconds to wait before retry number `retry` (0 is the first). */
export function retryDelayMs(policy: RetryPolicy, retry: number): number {
  const seconds = Math.min(policy.intervalStart + retry * policy.intervalStep, policy.intervalMax);
  return Math.round(seconds * 1000);
}

/** What {@link retryOverTime} needs besides the operation. */
export interface RetryOverTimeOptions {
  readonly policy: RetryPolicy;
  /** Decides whether an error is worth another attempt. Default: every error is. */
  readonly isRetryable?: (error: Error) => boolean;
  /** Told before each wait. */
  readonly onRetry?: (error: Error, retry: number, delayMs: number) => void;
  readonly clock?: Clock;
  /** Ends the waiting: the last error is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs `attempt` until it succeeds, its error is final, or the policy is exhausted; then throws the last error. */
export async function retryOverTime<TValue>(
  attempt: (retry: number) => Promise<TValue>,
  options: RetryOverTimeOptions,
): Promise<TValue> {
  const { policy, isRetryable = () => true, onRetry, clock, signal } = options;
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(retry);
    } catch (thrown) {
      const error = asError(thrown);
      const exhausted = policy.maxRetries !== null && retry >= policy.maxRetries;
      if (exhausted || signal?.aborted || !isRetryable(error)) throw thrown;
      const delayMs = retryDelayMs(policy, retry);
      onRetry?.(error, retry, delayMs);
      await sleep(delayMs, { ...(clock && { clock }), signal });
      if (signal?.aborted) throw thrown;
    }
  }
}

/**
 * Exponential delay for retry number `retry` (0 is the first): `factor * 2 ** retry`, at most `max`, in whole units.
 * With jitter a uniformly random whole number in `[0, delay]`.
 *
 * @see celery/utils/time.py, get_exponential_backoff_interval
 */
export function exponentialDelay(options: {
  factor: number;
  retry: number;
  max: number;
  jitter: boolean;
}): number {
  const delay = Math.min(options.max, options.factor * 2 ** options.retry);
  const chosen = options.jitter ? Math.floor(Math.random() * (Math.floor(delay) + 1)) : delay;
  return Math.max(0, chosen);
}
