import { describe, expect, it } from "vitest";
import { currentTask } from "@q/core";
import { deferred } from "@q/kernel";
import { bench } from "./testing/bench.ts";
import { Worker } from "./worker.ts";

const wait = { timeout: 20 };

describe("the slots of a worker", () => {
  it("are never exceeded, however much waits", async () => {
    const { app, work } = bench();
    let running = 0;
    let most = 0;
    const task = app.task({ name: "t.slot", acksLate: true }, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    const results = await Promise.all(Array.from({ length: 50 }, () => task.delay()));
    const worker = await work({ concurrency: 3, prefetchMultiplier: 4 });
    await Promise.all(results.map((result) => result.get(wait)));
    expect([most, worker.stats().running, worker.stats().waiting]).toEqual([3, 0, 0]);
  });

  it("hold a message until the task has ended with late acknowledgement, and give it back on a cold stop", async () => {
    const { app, work, waiting } = bench();
    const begun = deferred();
    const task = app.task({ name: "t.late", acksLate: true, bind: true }, async (self) => {
      begun.resolve();
      await new Promise((resolve) => self.signal.addEventListener("abort", resolve, { once: true }));
    });
    const worker = await work({ concurrency: 1 });
    await task.delay();
    await begun.promise;
    await worker.stop("cold");
    expect(await waiting()).toBe(1);
  });

  it("let a message go before the task begins with early acknowledgement", async () => {
    const { app, work, waiting } = bench();
    const begun = deferred();
    const task = app.task("t.early", async () => {
      begun.resolve();
      const { signal } = currentTask() ?? {};
      await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
    });
    const worker = await work({ concurrency: 1 });
    await task.delay();
    await begun.promise;
    await worker.stop("cold");
    expect(await waiting()).toBe(0);
  });

  it("finish what runs on a warm stop, and give back what has not begun", async () => {
    const { app, work, waiting } = bench();
    const [begun, release] = [deferred(), deferred()];
    const task = app.task({ name: "t.warm", acksLate: true }, async () => {
      begun.resolve();
      await release.promise;
      return "finished";
    });
    const worker = await work({ concurrency: 1, prefetchMultiplier: 4 });
    const first = await task.delay();
    await begun.promise;
    await Promise.all([task.delay(), task.delay(), task.applyAsync([], { countdown: 60 })]);
    const stopping = worker.stop("warm");
    release.resolve();
    await stopping;
    expect([await first.get(wait), await waiting()]).toEqual(["finished", 3]);
    await worker.stopped;
  });

  it("are abandoned when the grace period is over", async () => {
    const { app, work, waiting } = bench();
    const begun = deferred();
    const task = app.task({ name: "t.stubborn", acksLate: true }, async () => {
      begun.resolve();
      const signal = currentTask()?.signal;
      await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
    });
    const worker = await work({ concurrency: 1, gracePeriod: 0.01 });
    await task.delay();
    await begun.promise;
    await worker.stop("warm");
    expect(await waiting()).toBe(1);
  });
});

describe("a worker that ends", () => {
  it("ends completely although a part of it cannot, and says so", async () => {
    const { work, logger } = bench();
    const broken = async (): Promise<void> => Promise.reject(new Error("stuck"));
    const worker = await work({ steps: [{ name: "broken", drain: broken, stop: broken }] });
    await worker.stop();
    await worker.stopped;
    expect(worker.consumer?.session).toBeUndefined();
    expect(logger.lines.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual([
      "a part of the worker could not finish its work",
      "a part of the worker could not be stopped",
    ]);
  });

  it("may be stopped before it started, and many times", async () => {
    const { app } = bench();
    const worker = new Worker(app);
    await Promise.all([worker.stop(), worker.stop("cold"), worker.stop()]);
    await worker.stopped;
  });
});
