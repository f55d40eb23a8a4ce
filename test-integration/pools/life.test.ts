import { readdir } from "node:fs/promises";
import { ExecutorStartError, type Outcome } from "@q/pool";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../harness/index.ts";
import { faultPool, isAlive, job, withPool } from "./open-pool.ts";

const recycles = process.env["Q_TEST_FULL"] === "1" ? 10_000 : 200;

const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

describe.each(["processes", "threads"] as const)("a pool of %s", (kind) => {
  it(
    "replaces an executor after so many jobs, without losing or leaking any",
    { timeout: 3_600_000 },
    async () => {
      const pool = faultPool(kind, { size: 4, maxTasksPerExecutor: 1 });
      await withPool(pool, async () => {
        await Promise.all(Array.from({ length: 8 }, () => pool.run(job("echo", { value: 1 }))));
        const [filesBefore, heapBefore] = [await openFiles(), process.memoryUsage().heapUsed];
        const outcomes = new Map<string, number>();
        let left = recycles;
        const next = async (): Promise<void> => {
          while (left-- > 0) {
            const { status }: Outcome = await pool.run(job("echo", { value: 1 }));
            outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
          }
        };
        await Promise.all(Array.from({ length: 4 }, next));
        expect([...outcomes]).toEqual([["done", recycles]]);
        expect(pool.stats()).toMatchObject({ lost: 0, running: 0 });
        expect(pool.stats().restarts).toBeGreaterThanOrEqual(recycles);
        // Replacements may be on their way: a channel or two more, not one per recycle.
        expect(await openFiles()).toBeLessThan(filesBefore + 40);
        expect(process.memoryUsage().heapUsed).toBeLessThan(heapBefore + 50e6);
      });
      expect(pool.stats().executors).toEqual([]);
    },
  );

  it("replaces an executor that has grown too large, after its job", () =>
    withPool(faultPool(kind, { size: 1, maxMemoryBytes: 1 }), async (pool) => {
      await pool.run(job("echo"));
      await waitUntil(() => pool.run(job("echo")).then(() => (pool.stats().restarts ?? 0) >= 1));
      expect(pool.stats().lost).toBe(0);
    }));

  it("fails to start, with the error of the module", async () => {
    const pool = faultPool(kind, { data: { failToStart: true } });
    const error: unknown = await pool.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExecutorStartError);
    expect(error).toMatchObject({ cause: { name: "RangeError", message: "cannot start" } });
    expect(pool.stats().executors).toEqual([]);
  });

  it("fails to start when executors die or are not ready in time, after some attempts", async () => {
    for (const options of [
      { data: { dieAtStart: true } },
      { data: { startMs: 60_000 }, startTimeoutMs: 200 },
    ]) {
      const errors: Error[] = [];
      const pool = faultPool(kind, { ...options, size: 1, onError: (error) => errors.push(error) });
      await expect(pool.start()).rejects.toMatchObject({ code: "ERR_Q_EXECUTOR_START" });
      expect(errors).toHaveLength(3);
    }
  });

  it("waits before it starts the next one when executors die too often", async () => {
    const errors: Error[] = [];
    const options = {
      size: 1,
      maxRestarts: 2,
      restartWindowMs: 60_000,
      onError: (error: Error) => errors.push(error),
    };
    await withPool(faultPool(kind, options), async (pool) => {
      for (let times = 0; times < 3; times++) await pool.run(job("exit", { code: 1 }));
      expect(await pool.run(job("echo", { value: 1 }))).toEqual({ status: "done", value: 1 });
      expect(errors.map((error) => (error as { code?: string }).code)).toEqual(["ERR_Q_RESTART_FREQUENCY"]);
    });
  });

  it("ends in the middle of its start", async () => {
    const pool = faultPool(kind, { data: { startMs: 60_000 } });
    const stop = new AbortController();
    const starting = pool.start(stop.signal);
    stop.abort(new Error("changed my mind"));
    await expect(starting).rejects.toThrow("changed my mind");
    expect(pool.stats().executors).toEqual([]);
  });
});

it("leaves no process behind when it stops, whatever they are doing", async () => {
  const pool = faultPool("processes", { size: 3 });
  await pool.start();
  const pids = (pool.stats().executors ?? []).map(({ pid }) => pid);
  const jobs = [pool.run(job("block", { ms: 60_000 })), pool.run(job("sleep", { ms: 60_000 }))];
  await pool.stop();
  expect((await Promise.all(jobs)).map(({ status }) => status)).toEqual(["lost", "lost"]);
  await waitUntil(() => !pids.some(isAlive));
  expect(pids).toHaveLength(3);
});
