import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder, waitUntil } from "../harness/index.ts";
import { faultPool, job, withPool } from "./open-pool.ts";

describe("fair dispatch", () => {
  it("never lets short jobs wait behind a long one while another process is free", () =>
    withPool(faultPool("processes"), async (pool) => {
      const long = pool.run(job("block", { ms: 2000 }));
      const began = performance.now();
      await Promise.all(Array.from({ length: 100 }, () => pool.run(job("echo"))));
      expect(performance.now() - began).toBeLessThan(1500);
      expect(pool.running).toBe(1);
      await long;
    }));

  it("runs several jobs at once in one process, and no more than it was told", () =>
    withPool(faultPool("processes", { size: 2, tasksPerExecutor: 10 }), async (pool) => {
      expect(pool.slots).toBe(20);
      const jobs = Array.from({ length: 40 }, () => pool.run(job("sleep", { ms: 200 })));
      const loads = (): readonly number[] => (pool.stats().executors ?? []).map(({ running }) => running);
      expect([pool.running, loads()]).toEqual([20, [10, 10]]);
      expect(new Set((await Promise.all(jobs)).map(({ status }) => status))).toEqual(new Set(["done"]));
    }));
});

describe("dispatch with jobs sent ahead", () => {
  it("calls jobs back from a busy process when another is idle", () =>
    withPool(faultPool("processes", { strategy: "default", sendAhead: 4 }), async (pool) => {
      expect(pool.slots).toBe(10);
      const long = pool.run(job("block", { ms: 1500 }));
      const began = performance.now();
      // Some of these are sent ahead to the busy process, and can be had back only when it reads its messages.
      await Promise.all(Array.from({ length: 4 }, () => pool.run(job("sleep", { ms: 1 }))));
      expect(performance.now() - began).toBeLessThan(3000);
      expect(await long).toEqual({ status: "done", value: "was busy" });
      expect(pool.stats().writes).toMatchObject({ strategy: "default", jobs: 5 });
    }));

  it("gives jobs that had not begun to another process when theirs dies, and runs each once", async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, "ran");
    await withPool(faultPool("processes", { strategy: "default", sendAhead: 3 }), async (pool) => {
      const jobs = Array.from({ length: 8 }, (_, line) =>
        pool.run(job("write down that it ran", { file, line, ms: 300 })),
      );
      await waitUntil(async () => (await readFile(file, "utf8")).trim().split("\n").length === 2);
      process.kill(pool.stats().executors?.[0]?.pid as number, "SIGKILL");
      const outcomes = await Promise.all(jobs);
      expect(outcomes.filter(({ status }) => status === "lost")).toHaveLength(1);
      expect(outcomes.filter(({ status }) => status === "done")).toHaveLength(7);
    });
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines.toSorted()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  });
});
