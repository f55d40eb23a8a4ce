import assert from "node:assert/strict";
import type { Outcome } from "../contracts.ts";
import { contractCase, job, type PoolContractCase } from "./contract-case.ts";

const failure = (outcome: Outcome): Error & Record<string, unknown> => {
  assert.equal(outcome.status, "failed");
  return (outcome as Extract<Outcome, { status: "failed" }>).error as Error & Record<string, unknown>;
};

const loss = (outcome: Outcome): Error & Record<string, unknown> => {
  assert.equal(outcome.status, "lost");
  return (outcome as Extract<Outcome, { status: "lost" }>).reason as unknown as Error &
    Record<string, unknown>;
};

/** What comes back from an executor, and what becomes of it when a job goes wrong. */
export const isolationCases: readonly PoolContractCase[] = [
  contractCase(
    "gives back what a job threw: name, message, code, properties, stack and causes",
    async (pool) => {
      const error = failure(await pool.run(job({ act: "throw richly" })));
      assert.deepEqual([error.name, error.message, error["code"]], ["RichError", "rich", "E_RICH"]);
      assert.deepEqual(error["details"], { bytes: Buffer.from("abc"), when: new Date(0) });
      assert.match(error.stack ?? "", /contract-jobs/);
      assert.ok(error.cause instanceof TypeError);
      assert.deepEqual([error.cause.message, error.cause.cause], ["the cause", "a string"]);
    },
  ),
  contractCase("keeps Buffers what they are, small and large", async (pool) => {
    for (const size of [0, 3, 5000, 300_000]) {
      const value = [Buffer.alloc(size, 7), new Uint8Array(size).fill(8), "ü"];
      const outcome = await pool.run(job({ act: "return", value }));
      assert.deepEqual(outcome, { status: "done", value });
      assert.ok(Buffer.isBuffer((outcome as { value: unknown[] }).value[0]));
    }
  }),
  contractCase("replaces its executors on request, and goes on", async (pool) => {
    await pool.run(job({ act: "return", value: 1 }));
    await pool.restart();
    assert.deepEqual(await pool.run(job({ act: "return", value: 2 })), { status: "done", value: 2 });
  }),
  contractCase(
    "fails a job alone whose payload or result cannot be cloned",
    async (pool) => {
      const bad = [job({ act: "return a function" }), job({ act: "return", value: (): void => {} })];
      const good = job({ act: "return", value: "good" });
      const [first, second, third] = await Promise.all([...bad, good].map((each) => pool.run(each)));
      for (const outcome of [first, second]) {
        assert.equal(failure(outcome as Outcome)["code"], "ERR_Q_NOT_TRANSFERABLE");
      }
      assert.deepEqual(third, { status: "done", value: "good" });
    },
    { size: 1, needs: ["isolated"] },
  ),
  contractCase(
    "loses a job whose executor exits, says how, and goes on",
    async (pool) => {
      const reason = loss(await pool.run(job({ act: "exit", code: 3 })));
      assert.deepEqual([reason["code"], reason["exitCode"]], ["ERR_Q_WORKER_LOST", 3]);
      assert.equal((await pool.run(job({ act: "return", value: 1 }))).status, "done");
    },
    { needs: ["isolated"] },
  ),
  contractCase(
    "ends a job that never gives back control, at its hard limit, while its neighbours go on",
    async (pool) => {
      const began = performance.now();
      const blocked = pool.run(job({ act: "block" }, { hardLimitMs: 300 }));
      assert.equal((await pool.run(job({ act: "return", value: 1 }))).status, "done");
      const outcome = await blocked;
      assert.deepEqual(outcome, { status: "timed out", limitMs: 300, orphaned: false });
      assert.ok(performance.now() - began < 1300, "within a second of its limit");
      assert.equal((await pool.run(job({ act: "return", value: 1 }))).status, "done");
    },
    { size: 2, needs: ["kill", "isolated", "concurrent"] },
  ),
  contractCase(
    "terminates a job that never gives back control",
    async (pool) => {
      const blocked = pool.run(job({ act: "block" }, { id: "blocked" }));
      assert.equal(pool.terminate("blocked", new Error("enough of it")), true);
      assert.equal(loss(await blocked).message, "enough of it");
    },
    { needs: ["kill"] },
  ),
];
