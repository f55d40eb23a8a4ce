import { describe, expect, it, vi } from "vitest";
import { FakeClock } from "@q/kernel/testing";
import { createApp } from "../app/create-app.ts";
import type { App } from "../app/app.ts";
import { MaxRetriesExceededError } from "../errors.ts";
import { type Execution, executeTask } from "./execute.ts";
import { localRequest } from "./direct-call.ts";
import type { RetryOptions } from "./retry.ts";
import { Ignore, Reject, Retry } from "./steering.ts";
import type { TaskBase } from "./task-base.ts";
import { TaskContext } from "./task-context.ts";
import type { TaskOptions } from "./task-options.ts";

type OwnOptions = Partial<TaskOptions<[number]>>;

const NOW = Date.parse("2030-01-01T00:00:00Z");

class Busy extends Error {}
class VeryBusy extends Busy {}

function testApp(): App {
  return createApp("test", { broker: "memory://", clock: new FakeClock(NOW) });
}

/** Runs one attempt as a worker would. */
async function attempt(task: unknown, retries = 0): Promise<Execution> {
  const own = task as TaskBase;
  const request = localRequest(own, { headers: { retries } });
  request.args = [1];
  const signal = (): AbortSignal => new AbortController().signal;
  return executeTask(new TaskContext({ task: own, request, signal, logger: own.app.logger }), []);
}

function retrying(options: RetryOptions, own: OwnOptions = {}): unknown {
  return testApp().task({ name: "t.retry", bind: true, ...own }, (self, _n: number) => self.retry(options));
}

function retryOf(execution: Execution): Retry {
  if (execution.status !== "RETRY") throw new Error(`the attempt ended with ${execution.status}`);
  return execution.retry;
}

const delayOf = (execution: Execution): number => (retryOf(execution).when.getTime() - NOW) / 1000;

describe("retry", () => {
  it("runs the task again after the default delay, its own countdown, or at a time", async () => {
    expect(delayOf(await attempt(retrying({})))).toBe(180);
    expect(delayOf(await attempt(retrying({}, { defaultRetryDelay: 7 })))).toBe(7);
    expect(delayOf(await attempt(retrying({ countdown: 0 })))).toBe(0);
    expect(delayOf(await attempt(retrying({ countdown: 5 })))).toBe(5);
    expect(delayOf(await attempt(retrying({ eta: new Date(NOW + 60_000) })))).toBe(60);
  });

  it("keeps what the next attempt changes, and says when and why", async () => {
    const exc = new Busy("try later");
    const retry = retryOf(await attempt(retrying({ exc, countdown: 3, args: [2], queue: "slow" })));
    expect(retry.overrides).toEqual({ countdown: 3, args: [2], queue: "slow" });
    expect(retry.message).toBe('Retry in 3s: Error("try later")');
    expect([retry.exc, retry.cause]).toEqual([exc, exc]);
  });

  it("is over after three retries, the task's number, or the call's", async () => {
    const end = async (options: RetryOptions, own: OwnOptions, retries: number): Promise<string> =>
      (await attempt(retrying(options, own), retries)).status;
    expect([await end({}, {}, 2), await end({}, {}, 3)]).toEqual(["RETRY", "FAILURE"]);
    expect([await end({}, { maxRetries: 0 }, 0), await end({}, { maxRetries: null }, 999)]).toEqual([
      "FAILURE",
      "RETRY",
    ]);
    expect(await end({ maxRetries: 5 }, { maxRetries: 1 }, 4)).toBe("RETRY");
    expect(await end({ maxRetries: null }, { maxRetries: 1 }, 50)).toBe("RETRY");
  });

  it("fails then with the reason given, else with an error that carries the arguments", async () => {
    const exc = new Busy("still");
    expect(await attempt(retrying({ exc }), 3)).toEqual({ status: "FAILURE", error: exc });
    const ended = await attempt(retrying({}), 3);
    expect(ended).toMatchObject({ error: { code: "ERR_Q_MAX_RETRIES", taskArgs: [1], taskKwargs: {} } });
    expect((ended as { error: Error }).error).toBeInstanceOf(MaxRetriesExceededError);
  });

  it("can be returned instead of thrown, and thrown later", async () => {
    const app = testApp();
    const task = app.task({ name: "t.later", bind: true }, (self, _n: number) => {
      const retry = self.retry({ countdown: 1, throw: false });
      if (retry instanceof Retry) throw retry;
      return "not thrown";
    });
    expect(delayOf(await attempt(task))).toBe(1);
    const ignoring = app.task({ name: "t.ignoring", bind: true }, (self, n: number) => {
      self.retry({ throw: false });
      return n;
    });
    expect(await attempt(ignoring)).toEqual({ status: "SUCCESS", value: 1 });
  });

  it("of a task called directly throws the reason at once", () => {
    const exc = new Busy("now");
    const app = testApp();
    const task = app.task({ name: "t.direct", bind: true }, (self) => self.retry({ exc }));
    expect(() => task()).toThrow(exc);
    const bare = app.task({ name: "t.bare", bind: true }, (self) => self.retry());
    expect(() => bare()).toThrow("t.bare was called directly: it cannot retry");
  });
});

describe("automatic retry", () => {
  function failing(error: Error, options: OwnOptions = {}): unknown {
    return testApp().task({ name: "t.auto", autoretryFor: [Busy], ...options }, (_n: number) => {
      throw error;
    });
  }

  it("happens for the listed errors and their subclasses, not for others", async () => {
    const busy = new VeryBusy("x");
    expect(retryOf(await attempt(failing(busy))).exc).toBe(busy);
    expect((await attempt(failing(new RangeError("x")))).status).toBe("FAILURE");
    const excluded = { dontAutoretryFor: [VeryBusy] };
    expect((await attempt(failing(busy, excluded))).status).toBe("FAILURE");
    expect((await attempt(failing(new Busy("x"), excluded))).status).toBe("RETRY");
  });

  it("fails with the error itself when no retry is left", async () => {
    const error = new Busy("x");
    expect(await attempt(failing(error), 3)).toEqual({ status: "FAILURE", error });
    expect((await attempt(failing(error, { retryKwargs: { maxRetries: 5 } }), 4)).status).toBe("RETRY");
  });

  it("waits the default delay, or what its options say", async () => {
    const error = new Busy("x");
    expect(delayOf(await attempt(failing(error)))).toBe(180);
    const retryKwargs = { countdown: 9, queue: "slow" };
    const retry = await attempt(failing(error, { retryKwargs }));
    expect([delayOf(retry), retryOf(retry).overrides.queue]).toEqual([9, "slow"]);
  });

  it("waits 1, 2, 4… seconds with backoff, up to its maximum, whatever the countdown says", async () => {
    const delays = async (options: OwnOptions): Promise<number[]> => {
      const task = failing(new Busy("x"), { maxRetries: null, retryJitter: false, ...options });
      const found: number[] = [];
      for (const retries of [0, 1, 2, 5, 20]) found.push(delayOf(await attempt(task, retries)));
      return found;
    };
    expect(await delays({ retryBackoff: true, retryKwargs: { countdown: 9 } })).toEqual([1, 2, 4, 32, 600]);
    expect(await delays({ retryBackoff: 5, retryBackoffMax: 30 })).toEqual([5, 10, 20, 30, 30]);
  });

  it("waits a random part of it with jitter, which is the default", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
    try {
      const delay = delayOf(
        await attempt(failing(new Busy("x"), { maxRetries: null, retryBackoff: true }), 5),
      );
      expect(delay).toBeGreaterThanOrEqual(15);
      expect(delay).toBeLessThanOrEqual(17);
    } finally {
      random.mockRestore();
    }
  });

  it("leaves steering alone", async () => {
    const every = { autoretryFor: [Error] };
    expect((await attempt(failing(new Ignore(), every))).status).toBe("IGNORED");
    expect((await attempt(failing(new Reject("bad"), every))).status).toBe("REJECTED");
    const options = { exc: undefined, when: new Date(NOW), delaySeconds: 0, overrides: {} };
    expect(delayOf(await attempt(failing(new Retry(options), every)))).toBe(0);
  });

  it("follows the annotations", async () => {
    const app = testApp();
    app.config.update({ taskAnnotations: { "t.plain": { autoretryFor: [Busy], defaultRetryDelay: 2 } } });
    const task = app.task("t.plain", (_n: number) => {
      throw new Busy("x");
    });
    expect(delayOf(await attempt(task))).toBe(2);
  });
});
