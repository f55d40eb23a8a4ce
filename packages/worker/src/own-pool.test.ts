import { expect, it } from "vitest";
import { InlinePool } from "@q/pool";
import { bench } from "./testing/bench.ts";
import type { PoolFactory } from "./worker-options.ts";

const wait = { timeout: 20 };

/** A pool of somebody else's, with a mistake: it takes every job but the first. */
class ForgetfulPool extends InlinePool {
  #given = 0;

  override submit(...args: Parameters<InlinePool["submit"]>): void {
    if (this.#given++ === 0) throw new Error("no room");
    super.submit(...args);
  }
}

const forgetful: PoolFactory = ({ execute }) => new ForgetfulPool({ execute, size: 1 });

it("a task that a pool of somebody else's throws at fails, and the next one runs", async () => {
  const { app, work } = bench();
  const add = app.task("t.add", (x: number, y: number) => x + y);
  await work({ pool: forgetful });
  await expect((await add.delay(1, 1)).get(wait)).rejects.toMatchObject({
    code: "ERR_Q_WORKER_LOST",
    message: "the pool could not take the task: no room",
  });
  expect(await (await add.delay(1, 2)).get(wait)).toBe(3);
});

it("one that may run again is taken at the second time", async () => {
  const { app, work } = bench();
  const again = app.task({ name: "t.again", acksLate: true, rejectOnWorkerLost: true }, () => "done");
  const worker = await work({ pool: forgetful });
  expect(await (await again.delay()).get(wait)).toBe("done");
  expect(worker.stats().pool).toMatchObject({ running: 0 });
});
