import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { silentLogger } from "@q/kernel";
import { InlinePool } from "@q/pool";
import { createWorkerPool } from "./create-pool.ts";
import type { PoolFactory } from "./worker-options.ts";

const execute = (): number => 1;
const create = (pool: Parameters<typeof createWorkerPool>[0], concurrency: number | null = null) =>
  createWorkerPool(pool, { concurrency, execute, remote: undefined, logger: silentLogger });

describe("the pool of a worker", () => {
  it.each(["async", "eventlet", "gevent"])(
    "%s runs as many tasks as told, else one per CPU",
    async (name) => {
      expect((await create(name, 3)).size).toBe(3);
      expect((await create(name)).size).toBe(availableParallelism());
      expect((await create(name, 0)).size).toBe(availableParallelism());
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
    expect([pool, seen]).toEqual([own, [{ size: 5, execute, executor: undefined }]]);
  });

  it.each([-1, 1.5, Number.NaN, Infinity])("is an error with a concurrency of %d", async (concurrency) => {
    await expect(create("async", concurrency)).rejects.toThrow(/whole number from 1 on, or 0 .* not/);
  });

  it("may be a class whose instances are pools", async () => {
    class TwicePool extends InlinePool {
      constructor({ size }: { readonly size: number }) {
        super({ execute, size: 2 * size, kind: "async" });
      }
    }
    const pool = await create(TwicePool as unknown as PoolFactory, 3);
    expect(pool.slots).toBe(6);
  });

  it.each([
    [() => ({ slots: 1 }), /^the pool \S* makes something without the methods start, submit, /],
    [class Broken {}, /^the pool Broken makes something without the methods start, submit, /],
    [
      () => Object.assign(new InlinePool({ execute, size: 0 })),
      /has slots=0 and capacity=0: it needs a slot/,
    ],
    [
      () => Object.assign(new InlinePool({ execute }), { withdraw: undefined }),
      /without the methods withdraw\. It is/,
    ],
    [
      () => Object.defineProperty(new InlinePool({ execute }), "capabilities", { value: undefined }),
      /does not say in its capabilities what it can do/,
    ],
  ])("is an error when %s makes none that works", async (maker, message) => {
    await expect(create(maker as unknown as PoolFactory)).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringMatching(message),
    });
  });

  it.each(["asink", "custom", "toString", "./no/such/module.js:pool"])(
    "is an error when it is called %s",
    async (name) => {
      await expect(create(name)).rejects.toMatchObject({ code: "ERR_Q_IMPROPERLY_CONFIGURED" });
    },
  );

  it.each(["prefork", "processes", "threads"])(
    "%s is an error without a module to find the app in",
    async (name) => {
      await expect(create(name)).rejects.toThrow(/appModule/);
    },
  );

  it("may be that of a module, and custom is the one that the environment names", async () => {
    const folder = mkdtempSync(join(tmpdir(), "q-pool-"));
    const module = join(folder, "pool.mjs");
    writeFileSync(
      module,
      `import { InlinePool } from ${JSON.stringify(import.meta.resolve("@q/pool"))};
       export const make = ({ size, execute }) => Object.assign(new InlinePool({ size, execute }), { own: true });`,
    );
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    expect(await create(`${module}:make`, 3)).toMatchObject({ size: 3, own: true });
    vi.stubEnv("CELERY_CUSTOM_WORKER_POOL", `${module}:make`);
    expect(await create("custom", 4)).toMatchObject({ size: 4, own: true });
  });
});
