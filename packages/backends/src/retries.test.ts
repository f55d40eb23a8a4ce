import { systemClock } from "@q/kernel";
import { FakeClock } from "@q/kernel/testing";
import { describe, expect, it } from "vitest";
import { alwaysRetryDelays, policyDelays, withRetries } from "./retries.ts";

const signal = new AbortController().signal;
const failing = (times: number): (() => Promise<number>) => {
  let calls = 0;
  return async () => {
    if (calls++ < times) throw new Error(`attempt ${calls}`);
    return calls;
  };
};

describe("retries", () => {
  it("tries again until it succeeds", async () => {
    const options = { delays: () => 0, isRetryable: () => true, clock: systemClock, signal };
    expect(await withRetries(failing(3), options)).toBe(4);
  });

  it("gives up when the delays are used up, with the last error", async () => {
    const delays = policyDelays({ maxRetries: 2, intervalStart: 0, intervalStep: 0, intervalMax: 0 });
    const options = { delays, isRetryable: () => true, clock: systemClock, signal };
    await expect(withRetries(failing(9), options)).rejects.toThrow("attempt 3");
  });

  it("does not repeat what is final", async () => {
    const options = { delays: () => 0, isRetryable: () => false, clock: systemClock, signal };
    await expect(withRetries(failing(1), options)).rejects.toThrow("attempt 1");
  });

  it("ends a wait when it is told to stop", async () => {
    const stop = new AbortController();
    const options = {
      delays: () => 1e6,
      isRetryable: () => true,
      clock: new FakeClock(),
      signal: stop.signal,
    };
    const result = withRetries(failing(1), options);
    stop.abort();
    await expect(result).rejects.toThrow("attempt 1");
  });

  it("waits as the settings of always_retry say, and not at all without it", () => {
    expect(alwaysRetryDelays({})).toBeUndefined();
    expect(alwaysRetryDelays({ resultBackendAlwaysRetry: false })).toBeUndefined();
    const delays = alwaysRetryDelays({
      resultBackendAlwaysRetry: true,
      resultBackendMaxRetries: 3,
      resultBackendBaseSleepBetweenRetriesMs: 8,
      resultBackendMaxSleepBetweenRetriesMs: 16,
    });
    expect(delays?.(0)).toBeLessThanOrEqual(8);
    expect(delays?.(2)).toBeLessThanOrEqual(16);
    expect(delays?.(3)).toBeUndefined();
  });
});
