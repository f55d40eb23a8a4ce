import { describe, expect, it } from "vitest";
import { exponentialDelay, retryDelayMs, retryOverTime } from "./backoff.ts";
import { FakeClock } from "./testing/fake-clock.ts";

const policy = { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 0.3 };

describe("retryDelayMs", () => {
  it("grows by the step up to the bound", () => {
    expect([0, 1, 2, 3].map((retry) => retryDelayMs(policy, retry))).toEqual([0, 200, 300, 300]);
  });
});

describe("retryOverTime", () => {
  it("returns the first success and waits as the policy says", async () => {
    const clock = new FakeClock();
    const delays: number[] = [];
    const result = retryOverTime(
      async (retry) => {
        if (retry < 2) throw new Error("not yet");
        return retry;
      },
      { policy, clock, onRetry: (_error, _retry, delayMs) => delays.push(delayMs) },
    );
    await clock.advance(1000);
    expect(await result).toBe(2);
    expect(delays).toEqual([0, 200]);
  });

  it("throws the last error when the policy is exhausted", async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const result = retryOverTime(async () => Promise.reject(new Error(`attempt ${++attempts}`)), {
      policy,
      clock,
    });
    const failure = result.catch((error: Error) => error.message);
    await clock.advance(5000);
    expect(await failure).toBe("attempt 4");
  });

  it("does not retry an error that is final", async () => {
    const result = retryOverTime(async () => Promise.reject(new Error("final")), {
      policy,
      isRetryable: () => false,
    });
    await expect(result).rejects.toThrow("final");
  });

  it("gives up when its signal aborts during a wait", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const result = retryOverTime(async () => Promise.reject(new Error("down")), {
      policy: { ...policy, intervalStart: 60, intervalMax: 60, maxRetries: null },
      clock,
      signal: stop.signal,
      onRetry: () => stop.abort(),
    });
    await expect(result).rejects.toThrow("down");
  });
});

describe("exponentialDelay", () => {
  it("doubles from the factor up to the bound", () => {
    const at = (retry: number): number => exponentialDelay({ factor: 2, retry, max: 10, jitter: false });
    expect([0, 1, 2, 3].map(at)).toEqual([2, 4, 8, 10]);
  });

  it("picks a whole number between zero and the delay with jitter", () => {
    const seen = new Set(
      Array.from({ length: 500 }, () => exponentialDelay({ factor: 1, retry: 2, max: 600, jitter: true })),
    );
    expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });
});
