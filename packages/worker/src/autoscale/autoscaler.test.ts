import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { Autoscaler, type AutoscalerOptions, type Scalable } from "./autoscaler.ts";
import { createAutoscaler } from "./create-autoscaler.ts";

/** A pool that does what it is told. */
class Told implements Scalable {
  size = 1;
  tasks = 0;
  tasksPerExecutor = 1;
  load(): number {
    return this.tasks;
  }
  async grow(by: number): Promise<void> {
    this.size += by;
  }
  async shrink(by: number): Promise<void> {
    this.size -= by;
  }
}

function set(options: Partial<AutoscalerOptions> = {}) {
  const pool = new Told();
  const clock = new FakeClock();
  const logger = recordingLogger();
  const scaler = new Autoscaler({ pool, clock, logger, max: 8, min: 2, keepaliveMs: 5000, ...options });
  return { pool, clock, scaler };
}

describe("an autoscaler", () => {
  it("doubles the executors while all are busy, up to the most", async () => {
    const { pool, scaler } = set();
    const sizes: number[] = [];
    for (let second = 0; second < 5; second++) {
      pool.tasks = pool.size;
      await scaler.scale();
      sizes.push(pool.size);
    }
    expect(sizes).toEqual([2, 4, 8, 8, 8]);
  });

  it("takes idle executors away when the pool has not grown for a while, down to the fewest", async () => {
    const { pool, clock, scaler } = set();
    pool.size = 4;
    pool.tasks = 4;
    await scaler.scale();
    expect(pool.size).toBe(8);
    pool.tasks = 3;
    await clock.advance(4000);
    await scaler.scale();
    expect(pool.size).toBe(8);
    await clock.advance(1000);
    await scaler.scale();
    expect(pool.size).toBe(4);
    pool.tasks = 0;
    await scaler.scale();
    expect(pool.size).toBe(2);
  });

  it("comes to rest under a steady load: it takes away none that it would start again at once", async () => {
    const { pool, clock, scaler } = set({ min: 1 });
    const sizes: number[] = [];
    for (let second = 0; second < 30; second++) {
      pool.tasks = 4;
      await scaler.scale();
      if (sizes.at(-1) !== pool.size) sizes.push(pool.size);
      await clock.advance(1000);
    }
    expect(sizes).toEqual([2, 4, 8, 5]);
  });

  it("counts the tasks that one executor runs at once", async () => {
    const { pool, scaler } = set({ min: 1 });
    pool.tasksPerExecutor = 10;
    pool.size = 4;
    pool.tasks = 21;
    await scaler.scale();
    expect(pool.size).toBe(3);
  });

  it("keeps one executor when the fewest are none", async () => {
    const { pool, scaler } = set({ min: 0 });
    await scaler.scale();
    expect([pool.size, scaler.info()]).toEqual([1, { max: 8, min: 0, current: 1 }]);
  });

  it("looks once a second from start to stop", async () => {
    const { pool, clock, scaler } = set();
    scaler.start();
    await clock.advance(1000);
    expect(pool.size).toBe(2);
    scaler.stop();
    pool.tasks = 2;
    await clock.advance(5000);
    expect(pool.size).toBe(2);
  });

  it("follows new limits at once, and forced changes move the limits", async () => {
    const { pool, scaler } = set();
    expect(await scaler.update({ max: 6, min: 4 })).toEqual({ max: 6, min: 4 });
    expect(pool.size).toBe(4);
    expect(await scaler.update({ max: 3 })).toEqual({ max: 3, min: 3 });
    expect(pool.size).toBe(3);
    await scaler.forceScaleUp(2);
    expect(scaler.info()).toEqual({ max: 5, min: 3, current: 5 });
    await scaler.forceScaleDown(4);
    expect(scaler.info()).toEqual({ max: 5, min: 1, current: 1 });
  });

  it("takes a policy of one's own", async () => {
    class Fixed extends Autoscaler {
      override wanted(): number {
        return 5;
      }
    }
    const pool = new Told();
    await new Fixed({ pool, max: 8, min: 1, logger: recordingLogger() }).scale();
    expect(pool.size).toBe(5);
  });

  it.each([
    ["export const own = 1;", "is neither a function nor a class. Name one that makes something with"],
    ["export const own = () => 1;", "makes something without the methods start, stop"],
  ])("says what is wrong when a module has %s", async (text, message) => {
    const folder = mkdtempSync(join(tmpdir(), "q-autoscaler-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "own.mjs"), text);
    const named = `${folder}/own.mjs:own`;
    const options = { pool: new Told(), max: 2, min: 1, logger: recordingLogger() };
    await expect(createAutoscaler(named, options)).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringContaining(`the worker_autoscaler "${named}" ${message}`) as string,
    });
  });
});
