import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, pythonWorker, requires, startRedis, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const VISIBILITY_TIMEOUT = 5;

requires("redis", "python")("Tasks that last longer than the visibility timeout of Redis", () => {
  it("run once, also when they block the event loop, beside another worker and a Python worker", async () => {
    await using redis = await startRedis();
    await using ledger = await openLedger();
    const options = { visibility_timeout: VISIBILITY_TIMEOUT };
    const settings = { brokerTransportOptions: options };
    await using app = createApp("client", { broker: redis.url, taskIgnoreResult: true, ...settings });
    const worker = {
      app: "recovery/app.mjs",
      broker: redis.url,
      settings,
      ledger: ledger.path,
      args: ["-c", "1"],
    };
    const waiting = await app.sendTask("recovery.late", [12_000]);
    const blocking = await app.sendTask("recovery.block", [10_000]);
    const [, , python] = await Promise.all([
      qWorker(worker),
      qWorker(worker),
      // It consumes another queue, but looks for lost messages of all.
      pythonWorker({ broker: redis.url, queues: ["other"], settings: { broker_transport_options: options } }),
    ]).then(async (workers) => workers);
    try {
      const ids = [waiting.id, blocking.id];
      const lost = async (): Promise<unknown[]> => (await ledger.read()).lost(ids);
      await waitUntil(lost, {
        accept: (left) => left.length === 0,
        timeoutMs: 40_000,
        what: "both tasks to end",
      });
      const client = redis.client();
      await waitUntil(async () => (await client.hlen("unacked")) === 0, { what: "both tasks to be settled" });
      expect(await client.llen("celery")).toBe(0);
      expect([...(await ledger.read()).starts.values()]).toEqual([1, 1]);
    } finally {
      await python[Symbol.asyncDispose]();
    }
  });

  it("run once when they are due later than that, with two workers that hold them", async () => {
    await using redis = await startRedis();
    await using ledger = await openLedger();
    const settings = { brokerTransportOptions: { visibility_timeout: 2 } };
    await using app = createApp("client", { broker: redis.url, taskIgnoreResult: true, ...settings });
    const worker = { app: "recovery/app.mjs", broker: redis.url, settings, ledger: ledger.path };
    const [one, other] = await Promise.all([qWorker(worker), qWorker(worker)]);
    const sentAt = Date.now();
    const calls = Array.from({ length: 20 }, () => app.sendTask("recovery.late", [0], { countdown: 7 }));
    const ids = (await Promise.all(calls)).map(({ id }) => id);

    const left = async (): Promise<unknown[]> => (await ledger.read()).lost(ids);
    await waitUntil(left, { accept: (none) => none.length === 0, timeoutMs: 30_000, what: "all to end" });

    const client = redis.client();
    await waitUntil(async () => (await client.hlen("unacked")) === 0, { what: "all to be settled" });
    const report = await ledger.read();
    expect(report.duplicates()).toEqual(new Map());
    expect(Math.min(...report.entries.map(({ at }) => at)) - sentAt).toBeGreaterThanOrEqual(7000);
    await Promise.all([one.stop(), other.stop()]);
  });
});
