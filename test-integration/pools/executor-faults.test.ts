import type { Outcome } from "@q/pool";
import { describe, expect, it } from "vitest";
import { faultPool, job, withPool } from "./open-pool.ts";

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

      const stubborn = { ...job("ignore its signal"), id: "stubborn" };
      const next = pool.run(job("sleep", { ms: 5000 }));
      const killed = pool.run(stubborn);
      pool.terminate("stubborn", new Error("not wanted"), { graceMs: 50 });
      expect(await killed).toEqual(isLost({ message: "not wanted" }));
      expect(await next).toEqual(isLost({ message: expect.stringContaining("job stubborn") as string }));
    }));

  it("names the job that exceeded its limit to its neighbours on the same executor", () =>
    withPool(faultPool(kind, { size: 1, tasksPerExecutor: 2 }), async (pool) => {
      const neighbour = pool.run(job("sleep", { ms: 5000 }));
      const limited = pool.run({ ...job("block", { ms: 5000 }), id: "greedy", hardLimitMs: 100 });
      expect(await limited).toEqual({ status: "timed out", limitMs: 100, orphaned: false });
      expect(await neighbour).toEqual(isLost({ message: expect.stringContaining("job greedy") as string }));
    }));

  it("shows what an executor does while its event loop is blocked", () =>
    withPool(faultPool(kind), async (pool) => {
      const blocked = pool.run(job("block", { ms: 1500 }));
      const busy = async (): Promise<string> =>
        (await pool.dumpStacks()).map(({ stack }) => stack).join("\n");
      let stacks = await busy();
      while (!stacks.includes("fault-executor.mjs") && pool.running > 0) stacks = await busy();
      expect(stacks).toMatch(/at block \(file:.*fault-executor\.mjs:\d+:\d+\)/);
      expect(await blocked).toEqual({ status: "done", value: "was busy" });
    }));
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
      const running = pool.run(job("sleep", { ms: 100 }));
      const pid = pool.stats().executors?.[0]?.pid as number;
      process.kill(pid, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(pool.running).toBe(1);
      process.kill(pid, "SIGCONT");
      expect(await running).toEqual({ status: "done", value: "slept" });
    }));

  it("ends a stopped process at the hard limit of its job", () =>
    withPool(faultPool("processes", { size: 1 }), async (pool) => {
      const running = pool.run({ ...job("sleep", { ms: 5000 }), hardLimitMs: 200 });
      process.kill(pool.stats().executors?.[0]?.pid as number, "SIGSTOP");
      expect((await running).status).toBe("timed out");
      expect(await pool.run(job("echo", { value: 1 }))).toEqual({ status: "done", value: 1 });
    }));

  it("has children that a terminal's signals do not end", () =>
    withPool(faultPool("processes", { size: 1 }), async (pool) => {
      const running = pool.run(job("sleep", { ms: 100 }));
      const pid = pool.stats().executors?.[0]?.pid as number;
      for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const) process.kill(pid, signal);
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
