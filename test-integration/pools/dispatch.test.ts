import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { deferred } from "@q/kernel";
import { describe, expect, it } from "vitest";
import { tempFolder, waitUntil } from "../harness/index.ts";
import { faultPool, job, withPool } from "./open-pool.ts";

describe("fair dispatch", () => {
  it("never lets short jobs wait behind a long one while another process is free", () =>
    withPool(faultPool("processes"), async (pool) => {
      const long = pool.run(job("block", { ms: 60_000 }));
      await Promise.all(Array.from({ length: 100 }, () => pool.run(job("echo"))));
      expect(pool.running).toBe(1);
      pool.terminateAll(new Error("seen enough"));
      await long;
    }));

  it("runs several jobs at once in one process, and no more than it was told", () =>
    withPool(faultPool("processes", { size: 2, tasksPerExecutor: 10 }), async (pool) => {
      expect(pool.slots).toBe(20);
      const jobs = Array.from({ length: 40 }, () => pool.run(job("sleep", { ms: 200 })));
      const loads = (): readonly number[] => (pool.stats().executors ?? []).map(({ running }) => running);
      expect([pool.running, loads()]).toEqual([40, [10, 10]]);
      expect(new Set((await Promise.all(jobs)).map(({ status }) => status))).toEqual(new Set(["done"]));
    }));
});

describe("dispatch with jobs sent ahead", () => {
  it("calls jobs back from a busy process when another is idle", () =>
    withPool(faultPool("processes", { strategy: "default", sendAhead: 4 }), async (pool) => {
      expect([pool.slots, pool.capacity]).toEqual([10, 10]);
      // Short ones, so that both processes get jobs ahead; then one that they wait behind.
      await Promise.all(Array.from({ length: 200 }, () => pool.run(job("echo"))));
      const long = pool.run(job("block", { ms: 60_000 }));
      await Promise.all(Array.from({ length: 9 }, () => pool.run(job("echo"))));
      expect(pool.running).toBe(1);
      expect(pool.stats().writes).toMatchObject({ strategy: "default" });
      pool.terminateAll(new Error("seen enough"));
      await long;
    }));

  it("runs each job once while every fiftieth kills its process, and loses no other", async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, "ran");
    const isDeadly = (line: number): boolean => line % 50 === 49;
    await withPool(faultPool("processes", { maxRestarts: 1000 }), async (pool) => {
      const outcomes = await Promise.all(
        Array.from({ length: 1000 }, (_, line) =>
          pool.run(isDeadly(line) ? job("kill") : job("note", { file, line })),
        ),
      );
      const notDone = outcomes.flatMap(({ status }, line) => (status === "done" ? [] : [line]));
      expect(notDone).toEqual(Array.from({ length: 20 }, (_, n) => 50 * n + 49));
      expect(pool.stats().lost).toBe(20);
    });
    const lines = (await readFile(file, "utf8")).trim().split("\n").map(Number);
    const expected = Array.from({ length: 1000 }, (_, line) => line).filter((line) => !isDeadly(line));
    expect(lines.toSorted((a, b) => a - b)).toEqual(expected);
  });

  it.each(["processes", "threads"] as const)(
    "tells of what ended, and of what has begun, while a job blocks the event loop of %s",
    (kind) =>
      withPool(faultPool(kind, { size: 1 }), async (pool) => {
        // Short ones first: jobs are given ahead from then on.
        await Promise.all(Array.from({ length: 100 }, () => pool.run(job("echo"))));
        const began = deferred<void>();
        const before = Array.from({ length: 5 }, () => pool.run(job("echo")));
        const long = pool.run({ ...job("block", { ms: 60_000 }), onAccepted: () => began.resolve() });
        let isOver = false;
        const after = pool.run(job("echo")).then(() => (isOver = true));
        await Promise.all([...before, began.promise]);
        expect([pool.running, isOver]).toEqual([2, false]);
        pool.terminateAll(new Error("seen enough"));
        await Promise.all([long, after]);
      }),
  );

  it("takes back what waits behind a job that blocks its process, and nobody runs it", async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, "ran");
    await withPool(faultPool("processes", { size: 1 }), async (pool) => {
      await Promise.all(Array.from({ length: 100 }, () => pool.run(job("echo"))));
      const began = deferred<void>();
      const long = pool.run({ ...job("block", { ms: 2000 }), onAccepted: () => began.resolve() });
      const waiting = [1, 2, 3].map((line) => job("note", { file, line }));
      for (const each of waiting) pool.submit(each, () => expect.unreachable("it was taken back"));
      await began.promise;
      const ids = pool.withdraw(() => true).map(({ id }) => id);
      expect([ids, pool.running]).toEqual([waiting.map(({ id }) => id), 1]);
      expect(await long).toEqual({ status: "done", value: "was busy" });
      expect(await pool.run(job("note", { file, line: 4 }))).toMatchObject({ status: "done" });
    });
    expect(await readFile(file, "utf8")).toBe("4\n");
  });

  it("gives jobs that had not begun to another process when theirs dies, and runs each once", async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, "ran");
    await withPool(faultPool("processes", { sendAhead: 3 }), async (pool) => {
      const jobs = Array.from({ length: 8 }, (_, line) =>
        pool.run(job("write down that it ran", { file, line, ms: 1000 })),
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
