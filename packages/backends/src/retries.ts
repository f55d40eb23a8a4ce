import { asError, type Clock, exponentialDelay, retryDelayMs, type RetryPolicy, sleep } from "@q/kernel";
import type { BackendContext, ResultMeta } from "./contracts.ts";

/** Milliseconds to wait before retry number `retry` (0 is the first); `undefined` gives up. */
export type RetryDelays = (retry: number) => number | undefined;

/** What {@link withRetries} needs beside the operation. */
export interface WithRetriesOptions {
  readonly delays: RetryDelays;
  readonly isRetryable: (error: Error) => boolean;
  readonly clock: Clock;
  /** Ends the waiting: the last error is thrown. */
  readonly signal: AbortSignal;
}

/** Runs `attempt` until it succeeds, its error is final, or the delays have come to their end. */
export async function withRetries<TValue>(
  attempt: () => Promise<TValue>,
  options: WithRetriesOptions,
): Promise<TValue> {
  const { delays, isRetryable, clock, signal } = options;
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (thrown) {
      const delayMs = isRetryable(asError(thrown)) ? delays(retry) : undefined;
      if (delayMs === undefined || signal.aborted) throw thrown;
      await sleep(delayMs, { clock, signal });
      if (signal.aborted) throw thrown;
    }
  }
}

/** A few quick retries, 1.5 s in all: enough for a blink, short enough for a caller to wait. */
export const quickPolicy: RetryPolicy = {
  maxRetries: 5,
  intervalStart: 0.05,
  intervalStep: 0.125,
  intervalMax: 1,
};
/**
 * About twenty seconds, as Celery takes: for who waits for results and has time, and for what a task has come to, which
 * nobody can make again.
 */
export const patientPolicy: RetryPolicy = {
  maxRetries: 20,
  intervalStart: 0.05,
  intervalStep: 0.3,
  intervalMax: 1,
};

/** Whether a state is what a task has come to; of the others nobody may wait for long that they are stored. */
export function isEnd({ status }: ResultMeta): boolean {
  return endStates.has(status);
}

const endStates: ReadonlySet<string> = new Set(["SUCCESS", "FAILURE", "REVOKED"]);

/** The delays of a policy. */
export function policyDelays(policy: RetryPolicy): RetryDelays {
  return (retry) =>
    policy.maxRetries !== null && retry >= policy.maxRetries ? undefined : retryDelayMs(policy, retry);
}

/** The delays that `result_backend_always_retry` asks for, or `undefined` when it is off. */
export function alwaysRetryDelays(settings: BackendContext["settings"]): RetryDelays | undefined {
  if (settings["resultBackendAlwaysRetry"] !== true) return undefined;
  const limit = numberOr(settings["resultBackendMaxRetries"], Infinity);
  const factor = numberOr(settings["resultBackendBaseSleepBetweenRetriesMs"], 10);
  const max = numberOr(settings["resultBackendMaxSleepBetweenRetriesMs"], 10_000);
  return (retry) => (retry >= limit ? undefined : exponentialDelay({ factor, retry, max, jitter: true }));
}

const numberOr = (value: unknown, fallback: number): number => (typeof value === "number" ? value : fallback);
