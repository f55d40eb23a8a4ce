import assert from "node:assert/strict";
import { deferred } from "@q/kernel";
import { contractCase, job, type PoolContractCase } from "./contract-case.ts";
import { isolationCases } from "./isolation-cases.ts";

const outcomeCases: readonly PoolContractCase[] = [
  contractCase("reports the value of a job", async (pool) => {
    assert.deepEqual(await pool.run(job({ act: "return", value: { n: [1, "two"] } })), {
      status: "done",
      value: { n: [1, "two"] },
    });
  }),
  contractCase("reports what a job threw, at once or later, and goes on", async (pool) => {
    for (const act of ["throw", "reject"] as const) {
      const outcome = await pool.run(job({ act, message: `by ${act}` }));
      assert.equal(outcome.status, "failed");
      assert.equal((outcome as { error: Error }).error.message, `by ${act}`);
    }
    assert.equal((await pool.run(job({ act: "return", value: 1 }))).status, "done");
  }),
  contractCase("tells when a job says that its work begins", async (pool) => {
    const seen: string[] = [];
    const accepted = job({ act: "accept", value: 1 }, { onAccepted: () => seen.push("accepted") });
    await pool.run(accepted).then(() => seen.push("done"));
    assert.deepEqual(seen, ["accepted", "done"]);
    await pool.run(job({ act: "return", value: 1 }, { onAccepted: () => seen.push("never") }));
    assert.deepEqual(seen, ["accepted", "done"]);
  }),
];

const limitCases: readonly PoolContractCase[] = [
  contractCase("aborts a job's signal at its soft limit, and lets it end in its own way", async (pool) => {
    assert.deepEqual(await pool.run(job({ act: "wait" }, { softLimitMs: 5 })), {
      status: "done",
      value: "SoftTimeLimitExceeded",
    });
    const thrown = await pool.run(job({ act: "wait and throw" }, { softLimitMs: 5, hardLimitMs: 60_000 }));
    assert.equal((thrown as { error: { code?: string } }).error.code, "ERR_Q_SOFT_TIME_LIMIT");
  }),
  contractCase("ends a job at its hard limit and has its slot free again", async (pool) => {
    const outcome = await pool.run(job({ act: "wait" }, { hardLimitMs: 5 }));
    assert.equal(outcome.status, "timed out");
    assert.equal((outcome as { limitMs: number }).limitMs, 5);
    assert.equal(pool.running, 0);
    assert.equal((await pool.run(job({ act: "return", value: 1 }))).status, "done");
  }),
  contractCase("has no limit where a job names none", async (pool) => {
    const running = pool.run(job({ act: "wait" }, { id: "unlimited", softLimitMs: 0, hardLimitMs: 0 }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(pool.running, 1);
    pool.terminate("unlimited", new Error("enough"));
    await running;
  }),
];

const terminateCases: readonly PoolContractCase[] = [
  contractCase("ends one job on request, and says when there is none of that id", async (pool) => {
    const reason = new Error("not wanted any more");
    const running = pool.run(job({ act: "wait" }, { id: "victim" }));
    assert.equal(pool.terminate("somebody else", reason), false);
    assert.equal(pool.terminate("victim", reason), true);
    const outcome = await running;
    assert.equal(outcome.status, "lost");
    assert.equal((outcome as { reason: Error }).reason.message, reason.message);
    assert.equal(pool.terminate("victim", reason), false);
  }),
  contractCase(
    "ends all jobs on request",
    async (pool) => {
      const running = [pool.run(job({ act: "wait" })), pool.run(job({ act: "wait" }))];
      pool.terminateAll(new Error("all of you"));
      assert.deepEqual(
        (await Promise.all(running)).map(({ status }) => status),
        ["lost", "lost"],
      );
    },
    { size: 2, needs: ["concurrent"] },
  ),
  contractCase("takes back what has not begun, and never tells of it", async (pool) => {
    const began = deferred<void>();
    const ended: string[] = [];
    const submit = (id: string, onAccepted?: () => void): void =>
      pool.submit(job({ act: "wait" }, { id, onAccepted }), () => ended.push(id));
    submit("a", () => began.resolve());
    submit("b", () => pool.terminate("b", new Error("enough")));
    await began.promise;
    assert.deepEqual(
      pool.withdraw(({ id }) => id === "a"),
      [],
    );
    const back = pool.withdraw(() => true).map(({ id }) => id);
    assert.deepEqual(back, pool.capacity > 1 ? ["b"] : []);
    pool.terminate("a", new Error("enough"));
    await pool.drain();
    assert.deepEqual(
      ended,
      ["a", "b"].filter((id) => !back.includes(id)),
    );
  }),
  contractCase("waits for running jobs when it drains, and for nothing when it is idle", async (pool) => {
    await pool.drain();
    const seen: string[] = [];
    const running = pool.run(job({ act: "wait" }, { id: "last" })).then(() => seen.push("done"));
    const draining = pool.drain().then(() => seen.push("drained"));
    await new Promise((resolve) => setTimeout(resolve, 2));
    assert.deepEqual(seen, []);
    pool.terminate("last", new Error("enough"));
    await Promise.all([running, draining]);
    assert.deepEqual(new Set(seen), new Set(["done", "drained"]));
  }),
  contractCase("ends running and waiting jobs when it stops, and takes none after", async (pool) => {
    const jobs = [pool.run(job({ act: "wait" })), pool.run(job({ act: "return", value: "waited" }))];
    await pool.stop();
    await pool.stop();
    jobs.push(pool.run(job({ act: "return", value: "late" })));
    assert.deepEqual(
      (await Promise.all(jobs)).map(({ status }) => status),
      ["lost", "lost", "lost"],
    );
  }),
];

const sizeCases: readonly PoolContractCase[] = [
  contractCase("runs one job at a time in one slot, in order", async (pool) => {
    const seen: string[] = [];
    const jobs = ["a", "b", "c"].map((id) => {
      const onAccepted = (): void => void seen.push(`${id} began`);
      const accepting = job({ act: "accept", value: 1 }, { id, onAccepted });
      return new Promise<void>((resolve) =>
        pool.submit(accepting, () => {
          seen.push(`${id} ended`);
          resolve();
        }),
      );
    });
    assert.ok(pool.running <= pool.capacity);
    await Promise.all(jobs);
    assert.deepEqual(
      seen,
      ["a", "b", "c"].flatMap((id) => [`${id} began`, `${id} ended`]),
    );
  }),
  contractCase(
    "runs as many jobs at once as it has slots, and the next when one is free",
    async (pool) => {
      const began = new Map(["a", "b", "c"].map((id) => [id, deferred<void>()]));
      const seen: string[] = [];
      const jobs = [...began].map(([id, beginning]) => {
        const onAccepted = (): void => {
          seen.push(id);
          beginning.resolve();
        };
        return pool.run(job({ act: "wait" }, { id, onAccepted }));
      });
      await Promise.all([began.get("a")?.promise, began.get("b")?.promise]);
      assert.deepEqual([seen.toSorted(), pool.running], [["a", "b"], Math.min(3, pool.capacity)]);
      pool.terminate("a", new Error("enough"));
      await began.get("c")?.promise;
      assert.equal(pool.terminate("c", new Error("now it runs")), true);
      pool.terminateAll(new Error("enough"));
      await Promise.all(jobs);
    },
    { size: 2, needs: ["concurrent"] },
  ),
  contractCase(
    "grows and shrinks while it runs, without interrupting jobs",
    async (pool) => {
      const jobs = ["a", "b", "c"].map((id) => pool.run(job({ act: "wait" }, { id })));
      await pool.grow(1);
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual([pool.size, pool.running], [3, 3]);
      await pool.shrink(2);
      assert.deepEqual([pool.size, pool.running], [1, 3]);
      await pool.shrink(5);
      assert.equal(pool.size, 1);
      pool.terminateAll(new Error("enough"));
      await Promise.all(jobs);
      assert.equal((await pool.run(job({ act: "return", value: 1 }))).status, "done");
    },
    { size: 2, needs: ["concurrent", "resizable"] },
  ),
  contractCase("counts", async (pool) => {
    await pool.run(job({ act: "return", value: 1 }));
    await pool.run(job({ act: "throw", message: "x" }));
    const { size, running, completed, orphaned } = pool.stats();
    assert.deepEqual(
      { size, running, completed, orphaned },
      { size: 1, running: 0, completed: 2, orphaned: 0 },
    );
  }),
];

/** What every `Pool` promises, as cases for any test runner. */
export const poolContract: readonly PoolContractCase[] = [
  ...outcomeCases,
  ...limitCases,
  ...terminateCases,
  ...sizeCases,
  ...isolationCases,
];
