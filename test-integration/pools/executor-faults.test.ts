import { deferred } from "@q/kernel";
import type { Outcome } from "@q/pool";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../harness/index.ts";
import { faultPool, job, withPool } from "./open-pool.ts";

const rounds = process.env["Q_TEST_FULL"] === "1" ? 300 : 10;

const inJob = /at block \(file:.*fault-executor\.mjs:\d+/;

const isLost = (reason: object): Outcome => ({
  status: "lost",
  reason: expect.objectContaining(reason) as Error,
});

describe.each(["processes", "threads"] as const)("a pool of %s", (kind) => {
  it("loses only the job that exhausts the memory, and says why", () =>
    withPool(faultPool(kind, { onLog: () => {} }), async (pool) => {
      const [victim, neighbour] = await Promise.all([
        pool.run(job("exhaust memory")),
        pool.run(job("sleep", { ms: 300 })),
      ]);
      expect(neighbour).toEqual({ status: "done", value: "slept" });
      expect(victim).toEqual(
        isLost({ code: "ERR_Q_WORKER_LOST", message: expect.stringMatching(/memory/) as string }),
      );
    }));

  it("reports a stack overflow as the job's own failure", () =>
    withPool(faultPool(kind), async (pool) => {
      const outcome = await pool.run(job("exhaust the stack"));
      expect(outcome).toMatchObject({ status: "failed", error: { name: "RangeError" } });
      expect(pool.stats()).toMatchObject({ lost: 0, restarts: 0 });
    }));

  it("loses a job with the error that nobody caught", () =>
    withPool(faultPool(kind), async (pool) => {
      const outcome = await pool.run(job("reject behind its back"));
      expect(outcome).toEqual(
        isLost({ exitCode: 1, message: expect.stringMatching(/TypeError: nobody listens/) as string }),
      );
    }));

  it("hands on events, and output line by line, and drops an event that cannot be cloned", async () => {
    const lines: string[] = [];
    const events: unknown[] = [];
    const pool = faultPool(kind, {
      size: 1,
      onLog: ({ stream, line, index }) => lines.push(`${index} ${stream}: ${line}`),
      onEvent: (event, from) => events.push([event, from.index]),
    });
    await withPool(pool, async () => {
      expect(await pool.run(job("talk"))).toMatchObject({ status: "done" });
    });
    expect(events).toEqual([[{ event: Buffer.from("bytes") }, 0]]);
    expect(lines).toEqual(
      expect.arrayContaining([
        "0 stdout: to stdout",
        "0 stderr: to stderr",
        "0 log: to the log",
        "0 log: stopping",
      ]),
    );
    expect(lines.some((line) => line.includes("an event was dropped"))).toBe(true);
  });

  it("spares neighbours on the same executor when a terminated job heeds its signal, and names it when not", () =>
    withPool(faultPool(kind, { size: 1, tasksPerExecutor: 2 }), async (pool) => {
      const heeding = { ...job("sleep", { ms: 5000 }), id: "heeding" };
      const neighbour = pool.run(job("sleep", { ms: 100 }));
      const terminated = pool.run(heeding);
      pool.terminate("heeding", new Error("not wanted"));
      expect(await terminated).toEqual(isLost({ message: "not wanted" }));
      expect(await neighbour).toEqual({ status: "done", value: "slept" });
      expect(pool.stats().lost).toBe(0);

      const began = deferred<void>();
      const next = pool.run(job("sleep", { ms: 60_000 }));
      const stubborn = { ...job("ignore its signal"), id: "stubborn", onAccepted: () => began.resolve() };
      const killed = pool.run(stubborn);
      await began.promise;
      pool.terminate("stubborn", new Error("not wanted"), { graceMs: 50 });
      expect(await killed).toEqual(isLost({ message: "not wanted" }));
      expect(await next).toEqual(isLost({ message: expect.stringContaining("job stubborn") as string }));
    }));

  it("names the job that exceeded its limit to its neighbours on the same executor", () =>
    withPool(faultPool(kind, { size: 1, tasksPerExecutor: 2 }), async (pool) => {
      const began = deferred<void>();
      const neighbour = pool.run({ ...job("sleep", { ms: 60_000 }), onAccepted: () => began.resolve() });
      await began.promise;
      const limited = pool.run({ ...job("block", { ms: 5000 }), id: "greedy", hardLimitMs: 100 });
      expect(await limited).toEqual({ status: "timed out", limitMs: 100, orphaned: false });
      expect(await neighbour).toEqual(isLost({ message: expect.stringContaining("job greedy") as string }));
    }));

  it("takes the outcome of a job that ended in time, though it could not look until its limit was over", () =>
    withPool(faultPool(kind, { size: 1 }), async (pool) => {
      const accepted = deferred<unknown>();
      const onAccepted = (): void => accepted.resolve(undefined);
      const outcome = pool.run({ ...job("sleep", { ms: 50 }), hardLimitMs: 1500, onAccepted });
      await accepted.promise;
      for (const end = Date.now() + 2000; Date.now() < end;);
      expect(await outcome).toEqual({ status: "done", value: "slept" });
    }));

  it("goes on when those whom it tells of events and output throw", async () => {
    const errors: string[] = [];
    const fail = (): never => {
      throw new Error("the disk is full");
    };
    const onError = ({ message }: Error): unknown => errors.push(message);
    await withPool(faultPool(kind, { size: 1, onEvent: fail, onLog: fail, onError }), async (pool) => {
      expect(await pool.run(job("talk"))).toEqual({ status: "done", value: undefined });
      await waitUntil(() => errors.length >= 4, { what: "the errors" });
      expect(pool.stats()).toMatchObject({ lost: 0 });
    });
    expect(new Set(errors)).toEqual(new Set(["the disk is full"]));
  });

  it("shows what an executor does while its event loop is blocked", async () => {
    const lines: string[] = [];
    await withPool(faultPool(kind, { size: 1, onLog: ({ line }) => lines.push(line) }), async (pool) => {
      const blocked = pool.run(job("block", { ms: 5000 }));
      const busy = async (): Promise<string> =>
        (await pool.dumpStacks()).map(({ stack }) => stack).join("\n");
      let stacks = await busy();
      while (!inJob.test(stacks) && pool.running > 0) stacks = await busy();
      expect(stacks).toMatch(inJob);
      expect(await blocked).toEqual({ status: "done", value: "was busy" });
    });
    // Nothing of an executor that waits for a debugger before it ends.
    expect(new Set(lines)).toEqual(new Set(["stopping"]));
  });

  it(
    "ends an executor at its hard limit also while somebody looks at what it does",
    () =>
      withPool(faultPool(kind, { size: 1, maxRestarts: Infinity }), async (pool) => {
        let looks = 0;
        // A busy machine may need more rounds, and longer ones, until the first look has come before the end.
        for (let round = 0; round < rounds || looks === 0; round++) {
          const ended = pool.run({ ...job("block", { ms: 60_000 }), hardLimitMs: 30 + 60 * (round % 50) });
          let isOver = false;
          void ended.then(() => (isOver = true));
          while (!isOver) {
            looks += (await pool.dumpStacks()).filter(({ stack }) => inJob.test(stack)).length;
            await new Promise((resolve) => setImmediate(resolve));
          }
          expect(await ended).toMatchObject({ status: "timed out", orphaned: false });
        }
        expect(await pool.run(job("echo", { value: 1 }))).toEqual({ status: "done", value: 1 });
      }),
    600_000,
  );
});

describe("a pool of processes", () => {
  it("names the signal that ended a process", () =>
    withPool(faultPool("processes"), async (pool) => {
      expect(await pool.run(job("kill"))).toEqual(
        isLost({ signal: "SIGKILL", message: expect.stringContaining("signal 9 (SIGKILL)") as string }),
      );
    }));

  it("waits for a process that is stopped and continued", () =>
    withPool(faultPool("processes", { size: 1 }), async (pool) => {
      const pid = pool.stats().executors?.[0]?.pid as number;
      process.kill(pid, "SIGSTOP");
      const running = pool.run(job("sleep", { ms: 1 }));
      // It had nothing to do but that job, and has not done it by the time a second process has started and run one.
      await pool.grow(1);
      expect(await pool.run(job("echo", { value: 1 }))).toEqual({ status: "done", value: 1 });
      expect(pool.running).toBe(1);
      process.kill(pid, "SIGCONT");
      expect(await running).toEqual({ status: "done", value: "slept" });
      expect(pool.stats().lost).toBe(0);
    }));

  it("ends a stopped process at the hard limit of its job", () =>
    withPool(faultPool("processes", { size: 1 }), async (pool) => {
      const running = pool.run({ ...job("sleep", { ms: 5000 }), hardLimitMs: 200 });
      process.kill(pool.stats().executors?.[0]?.pid as number, "SIGSTOP");
      expect((await running).status).toBe("timed out");
      expect(await pool.run(job("echo", { value: 1 }))).toEqual({ status: "done", value: 1 });
    }));

  it("has children that signals to the whole group do not end", () =>
    withPool(faultPool("processes", { size: 1 }), async (pool) => {
      const running = pool.run(job("sleep", { ms: 100 }));
      const pid = pool.stats().executors?.[0]?.pid as number;
      const signals = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
      for (const signal of signals) process.kill(pid, signal);
      expect(await running).toEqual({ status: "done", value: "slept" });
      expect(pool.stats().executors?.[0]?.pid).toBe(pid);
    }));

  it("kills a process that gives no sign of life, when told to", () =>
    withPool(faultPool("processes", { size: 1, unresponsiveAfterMs: 300 }), async (pool) => {
      const outcome = await pool.run(job("block", { ms: 60_000 }));
      expect(outcome).toEqual(isLost({ message: expect.stringContaining("no sign of life") as string }));
    }));

  it("opens the inspector of a process whose event loop is blocked", () =>
    withPool(faultPool("processes", { size: 1, onLog: () => {} }), async (pool) => {
      const blocked = pool.run(job("block", { ms: 1000 }));
      expect(await pool.openInspector(0)).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\//);
      await expect(pool.openInspector(5)).rejects.toMatchObject({ code: "ERR_Q_IMPROPERLY_CONFIGURED" });
      await blocked;
    }));
});

it("a thread, which hears no signals, ends whichever its job is terminated with", () =>
  withPool(faultPool("threads", { size: 1 }), async (pool) => {
    const began = deferred<void>();
    const ended = pool.run({
      ...job("sleep", { ms: 10_000 }),
      id: "asleep",
      onAccepted: () => began.resolve(),
    });
    await began.promise;
    pool.terminate("asleep", new Error("not wanted"), { signal: "SIGUSR1" });
    expect(await ended).toEqual(isLost({ message: "not wanted" }));
  }));
