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
    const ended = async (): Promise<number> => (await ledger.read()).ends.size;
    await waitUntil(async () => (await ended()) >= COUNT / 4, { what: "a quarter of the tasks to end" });
    await backend.kill();
    const before = await ended();
    await waitUntil(async () => (await ended()) > before, { what: "a task to end without its backend" });
    await backend.start();

    const values = await Promise.all(handles.map((handle) => handle.get({ timeout: 30 })));
    expect(values).toEqual(handles.map(() => null));
    const { starts, ends } = await ledger.read();
    expect([starts.size, ends.size]).toEqual([COUNT, COUNT]);
    expect([...starts.values()].filter((times) => times > 1)).toEqual([]);
    expect(worker.isRunning).toBe(true);
  });
});
