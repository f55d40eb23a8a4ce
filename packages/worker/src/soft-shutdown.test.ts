import { createBackendRegistry } from "@q/backends";
import { createMemoryBackend } from "@q/backends/memory";
import { createApp, currentTask } from "@q/core";
import { deferred } from "@q/kernel";
import { FakeClock } from "@q/kernel/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { bench } from "./testing/bench.ts";
import { Worker } from "./worker.ts";

/** A worker with a task that runs until it is released or aborted, and a clock to turn. */
async function busyWorker(seconds: number) {
  const clock = new FakeClock();
  const [begun, release] = [deferred<void>(), deferred<void>()];
  const app = createApp("test", {
    broker: `memory://${crypto.randomUUID()}`,
    backend: "cache+memory://",
    workerSoftShutdownTimeout: seconds,
    clock,
  });
  const task = app.task("test.block", async () => {
    const { signal } = currentTask()!;
    signal.addEventListener("abort", () => release.reject(signal.reason));
    begun.resolve();
    await release.promise;
    return "finished";
  });
  const worker = new Worker(app, { concurrency: 1 });
  onTestFinished(() => app.close());
  await worker.start();
  const result = await task.delay();
  await begun.promise;
  return { worker, clock, release, result };
}

describe("a cold shutdown with worker_soft_shutdown_timeout", () => {
  it("lets running tasks finish within the time", async () => {
    const { worker, release, result } = await busyWorker(5);
    const stopped = worker.stop("cold");
    release.resolve();
    await stopped;
    expect(await result.get()).toBe("finished");
  });

  it("ends them when the time is over", async () => {
    const { worker, clock, release } = await busyWorker(5);
    const stopped = worker.stop("cold");
    await clock.advance(4999);
    expect(worker.stats().running).toBe(1);
    await clock.advance(1);
    await expect(release.promise).rejects.toThrow("shutting down");
    await stopped;
  });

  it("ends them at once when told a second time", async () => {
    const { worker, release } = await busyWorker(5);
    void worker.stop("cold");
    const stopped = worker.stop("cold");
    await expect(release.promise).rejects.toThrow("shutting down");
    await stopped;
  });
});

it("ends running tasks at once in a cold shutdown without that setting", async () => {
  const { worker, release } = await busyWorker(0);
  const stopped = worker.stop("cold");
  await expect(release.promise).rejects.toThrow("shutting down");
  await stopped;
});

it("ends soon also when the result backend keeps it waiting", async () => {
  const begun = deferred<void>();
  const backends = createBackendRegistry().register({
    schemes: ["cache+memory"],
    load: async () => async (context) =>
      Object.assign(await createMemoryBackend(context), { store: () => new Promise(() => {}) }),
  });
  const { app, work } = bench({ backends });
  const task = app.task("test.endless", async () => {
    begun.resolve();
    await new Promise(() => {});
  });
  const worker = await work();
  await task.delay();
  await begun.promise;
  const beginMs = performance.now();
  await worker.stop("cold");
  expect(performance.now() - beginMs).toBeLessThan(5000);
});
