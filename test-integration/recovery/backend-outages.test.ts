import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, requires, startRedis, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

/** Tasks, four at a time. */
const COUNT = 60;

requires("redis")("A result backend that goes away while tasks end", () => {
  it.each(["async", "prefork"])("gets every result when it is back, with -P %s", async (pool) => {
    await using broker = await startRedis();
    await using backend = await startRedis({ appendOnly: "always" });
    await using ledger = await openLedger();
    const settings = { resultBackend: backend.url, taskIgnoreResult: false };
    await using app = createApp("client", { broker: broker.url, ...settings });
    const args = ["-c", "4"];
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: broker.url,
      settings,
      ledger: ledger.path,
      pool,
      args,
    });
    const handles = await Promise.all(
      Array.from({ length: COUNT }, () => app.sendTask("recovery.late", [20])),
    );
    const quarter = async (): Promise<boolean> => (await ledger.read()).ends.size >= COUNT / 4;
    await waitUntil(quarter, { what: "a quarter of the tasks to end" });
    await backend.kill();
    // Not another end: perhaps each slot has ended a task by now and tries to store its result.
    const idle = async (): Promise<boolean> => {
      const report = await ledger.read();
      return report.starts.size === report.ends.size;
    };
    await waitUntil(idle, { what: "all that run to have ended without their backend" });
    await backend.start();

    const values = await Promise.all(handles.map((handle) => handle.get({ timeout: 30 })));
    expect(values).toEqual(handles.map(() => null));
    const { starts, ends } = await ledger.read();
    expect([starts.size, ends.size]).toEqual([COUNT, COUNT]);
    expect([...starts.values()].filter((times) => times > 1)).toEqual([]);
    expect(worker.isRunning).toBe(true);
  });
});
