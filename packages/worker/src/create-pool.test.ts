import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { InlinePool } from "@q/pool";
import { createWorkerPool } from "./create-pool.ts";

const execute = (): number => 1;
const create = (pool: Parameters<typeof createWorkerPool>[0], concurrency: number | null = null) =>
  createWorkerPool(pool, { concurrency, execute });

describe("the pool of a worker", () => {
  it.each(["async", "eventlet", "gevent"])(
    "%s runs as many tasks as told, else one per CPU",
    async (name) => {
      expect((await create(name, 3)).size).toBe(3);
      expect((await create(name)).size).toBe(availableParallelism());
    },
  );

  it("async may grow also when it begins with one slot", async () => {
    const pool = await create("async", 1);
    expect([pool.stats().implementation, pool.capabilities.resizable]).toEqual(["async", true]);
    await pool.grow(2);
    expect(pool.size).toBe(3);
  });

  it("solo runs one task at a time, whatever the concurrency", async () => {
    const pool = await create("solo", 8);
    expect([pool.size, pool.stats().implementation, pool.capabilities.concurrent]).toEqual([
      1,
      "solo",
      false,
    ]);
  });

  it("may be one of your own, made with the size and the function to run", async () => {
    const own = new InlinePool({ execute });
    const seen: unknown[] = [];
    const pool = await create((options) => {
      seen.push(options);
      return own;
    }, 5);
    expect([pool, seen]).toEqual([own, [{ size: 5, execute }]]);
  });

  it.each(["asink", "prefork", "toString"])("is an error when it is called %s", async (name) => {
    await expect(create(name)).rejects.toMatchObject({ code: "ERR_Q_IMPROPERLY_CONFIGURED" });
  });
});
