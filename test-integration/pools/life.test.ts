import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ExecutorIdentity,
  ExecutorStartError,
  type Outcome,
  ProcessPool,
  type Recycling,
} from "@q/pool";
import { describe, expect, it } from "vitest";
import { nodeProcess, waitUntil } from "../harness/index.ts";
import { tempFolder } from "../harness/temp-folder.ts";
import { faultPool, type FaultPoolOptions, job, module, withPool } from "./open-pool.ts";
import { childrenOf, isAlive } from "../harness/process-tree.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
const recycles = isFull ? 10_000 : 50;

/** What this process holds; memory in bytes. */
function footprint(): { readonly files: number; readonly heap: number; readonly rss: number } {
  const { heapUsed: heap, rss } = process.memoryUsage();
  return { files: readdirSync("/proc/self/fd").length, heap, rss };
}

it("gives back what the start of a process has left in memory, once the process has nothing to do", async () => {
  const pool = new ProcessPool({
    executor: { module, data: { startGarbage: 320_000 } },
    execArgv: [],
    // A process that cannot end by itself any more keeps this test from ending.
    stopTimeoutMs: 600_000,
  });
  const megabytes = (text: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1]) / 1024;
  await withPool(pool, async () => {
    const givenBack = (): number => {
      const status = readFileSync(`/proc/${pool.stats().executors?.[0]?.pid}/status`, "utf8");
      return megabytes(status, "VmHWM") - megabytes(status, "VmRSS");
    };
    // V8 by itself waits for eight seconds at least.
    await expect.poll(givenBack, { timeout: 6000 }).toBeGreaterThan(15);
  });
});

it("keeps no job waiting for the collection of a large heap", async () => {
  const open = (data: object): ProcessPool =>
    new ProcessPool({ size: 1, executor: { module, data }, execArgv: ["--expose-gc"] });
  await withPool(open({ keep: 1_500_000 }), async (large) => {
    const collected = async (pool: ProcessPool): Promise<unknown> =>
      pool.run(job("has collected its garbage"));
    await withPool(open({}), async (small) => {
      await expect.poll(() => collected(small), { timeout: 6000 }).toMatchObject({ value: true });
      // Its time came before.
      expect(await collected(large)).toMatchObject({ value: false });
    });
  });
});

describe.each(["processes", "threads"] as const)("a pool of %s", (kind) => {
  it(
    "replaces an executor after so many jobs, without losing or leaking any",
    { timeout: 3_600_000 },
    async () => {
      const unasked: string[] = [];
      const pool = faultPool(kind, {
        size: 4,
        maxTasksPerExecutor: 1,
        onExecutorDown: ({ pid }, error) => void (error && unasked.push(`${pid}: ${error.message}`)),
      });
      const childrenBefore = childrenOf(process.pid).length;
      await withPool(pool, async () => {
        await Promise.all(Array.from({ length: 8 }, () => pool.run(job("echo", { value: 1 }))));
        const before = footprint();
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
        expect(unasked).toEqual([]);
        expect(pool.stats()).toMatchObject({ lost: 0, running: 0 });
        expect(pool.stats().restarts).toBeGreaterThanOrEqual(recycles);
        // Replacements may be on their way: a channel or two more, not one per recycle.
        expect(footprint().files).toBeLessThan(before.files + 40);
        expect(footprint().heap).toBeLessThan(before.heap + 50e6);
        expect(footprint().rss).toBeLessThan(before.rss + 150e6);
        if (isFull) process.stdout.write(`${kind}: ${JSON.stringify(footprint())} after ${recycles}\n`);
      });
      expect(pool.stats().executors).toEqual([]);
      expect(childrenOf(process.pid).length).toBeLessThanOrEqual(childrenBefore);
    },
  );

  it("replaces an executor that has grown too large, after its job, and says so", async () => {
    const recycled: [ExecutorIdentity, Recycling][] = [];
    const options: FaultPoolOptions = {
      size: 1,
      maxMemoryBytes: 1,
      onRecycling: (executor, why) => recycled.push([executor, why]),
    };
    await withPool(faultPool(kind, options), async (pool) => {
      const [first] = pool.stats().executors ?? [];
      await pool.run(job("echo"));
      await waitUntil(() => pool.run(job("echo")).then(() => (pool.stats().restarts ?? 0) >= 1));
      expect(pool.stats().lost).toBe(0);
      const [[executor, why] = []] = recycled;
      expect(executor).toMatchObject({ index: 0, pid: first?.pid, threadId: first?.threadId });
      expect(why).toEqual({ limit: "memory", memoryBytes: expect.any(Number), maxMemoryBytes: 1 });
      expect(why).toHaveProperty(
        "memoryBytes",
        expect.toSatisfy((bytes: number) => bytes > 1e6),
      );
    });
  });

  it("says that an executor had its jobs", async () => {
    const recycled: Recycling[] = [];
    const pool = faultPool(kind, { size: 1, maxTasksPerExecutor: 2, onRecycling: (_, why) => recycled.push(why) }); // prettier-ignore
    await withPool(pool, async () => {
      for (let times = 0; times < 3; times++) await pool.run(job("echo"));
      expect(recycled).toEqual([{ limit: "jobs", jobs: 2 }]);
    });
  });

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

  it("keeps its program alive while it waits with the next start", async () => {
    const program = fileURLToPath(new URL("./programs/patient-pool-program.mjs", import.meta.url));
    await using patient = nodeProcess(program, [kind]);
    expect(await patient.exited).toEqual({ code: 0, signal: null });
    expect(patient.lines).toEqual(["replaced"]);
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

describe("a thread, which Node may crash with when it terminates it,", () => {
  it("is left to come up before it ends", async () => {
    const program = fileURLToPath(new URL("./programs/hasty-pools-program.mjs", import.meta.url));
    await using hasty = nodeProcess(program, [isFull ? "1000" : "50"]);
    expect(await hasty.exited).toEqual({ code: 0, signal: null });
  });

  it("ends by itself where it can", async () => {
    await using folder = await tempFolder();
    const exitFile = join(folder.path, "exits");
    await withPool(faultPool("threads", { size: 1, data: { exitFile } }), async (pool) => {
      const late = pool.run({ ...job("ignore its signal"), hardLimitMs: 50 });
      expect(await late).toMatchObject({ status: "timed out" });
      await waitUntil(() => existsSync(exitFile), { what: "the exit of the thread" });
    });
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
