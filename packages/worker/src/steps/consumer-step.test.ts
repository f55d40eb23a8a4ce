import { createApp } from "@q/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { Worker } from "../worker.ts";

/** A running worker whose connection is lost once. */
async function losing(options: { brokerConnectionRetry: boolean }): Promise<Worker> {
  const app = createApp("test", { broker: `memory://${crypto.randomUUID()}`, ...options });
  const worker = new Worker(app, { concurrency: 1 });
  onTestFinished(async () => {
    await worker.stop("cold").catch(() => {});
    await app.close();
  });
  await worker.start();
  const lost = new Promise((resolve) => app.events.on("connection:lost", resolve));
  worker.connection!.giveUpOn(await worker.connection!.connect(), new Error("cut for the test"));
  await lost;
  return worker;
}

describe("a worker whose connection is lost", () => {
  it("ends with broker_connection_retry off", async () => {
    const worker = await losing({ brokerConnectionRetry: false });
    await expect(worker.stopped).rejects.toThrow("cut for the test");
  });

  it("consumes again otherwise", async () => {
    const worker = await losing({ brokerConnectionRetry: true });
    await expect.poll(() => worker.consumer?.session?.isLive).toBe(true);
    expect(worker.isStopping).toBe(false);
  });
});

it("has a queue of its own with worker_direct", async () => {
  const app = createApp("test", {
    broker: `memory://${crypto.randomUUID()}`,
    backend: `cache+memory://${crypto.randomUUID()}`,
    workerDirect: true,
  });
  const add = app.task("t.add", (x: number, y: number) => x + y);
  const worker = new Worker(app, { concurrency: 1, hostname: "one@here" });
  onTestFinished(async () => {
    await worker.stop();
    await app.close();
  });
  await worker.start();
  expect(worker.queues.map(({ name }) => name)).toEqual(["celery", "one@here.dq2"]);
  const call = add.applyAsync([2, 3], { exchange: "C.dq2", routingKey: "one@here" });
  expect(await (await call).get({ timeout: 20 })).toBe(5);
});

it.each([
  [true, 3],
  [false, 12],
])(
  "takes messages ahead of its slots unless worker_disable_prefetch is on: %s",
  async (disabled, prefetch) => {
    const app = createApp("test", {
      broker: `memory://${crypto.randomUUID()}`,
      workerDisablePrefetch: disabled,
    });
    const worker = new Worker(app, { concurrency: 3, prefetchMultiplier: 4 });
    onTestFinished(async () => {
      await worker.stop();
      await app.close();
    });
    await worker.start();
    expect(worker.dispatcher?.prefetch).toBe(prefetch);
  },
);
