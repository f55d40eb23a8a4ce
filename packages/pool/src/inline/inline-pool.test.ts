import { describe, expect, it } from "vitest";
import { contractExecute, poolContract, unmetPoolNeeds } from "../testing/index.ts";
import type { Execute } from "../contracts.ts";
import { InlinePool } from "./inline-pool.ts";

const pools = {
  async: (size: number) => new InlinePool({ kind: "async", size, execute: contractExecute }),
  solo: () => new InlinePool({ execute: contractExecute }),
};

describe.each(Object.entries(pools))("the %s pool", (name, make) => {
  const capabilities = make(8).capabilities;
  for (const { title, needs, run } of poolContract) {
    const unmet = unmetPoolNeeds(needs, capabilities);
    it.skipIf(unmet.length > 0)(`contract: ${title}`, () => run(({ size }) => make(size)));
  }

  it("says what it can do", () => {
    const concurrent = name === "async";
    expect(capabilities).toEqual({ kill: false, isolation: "none", concurrent, resizable: concurrent });
    expect(make(8).stats().implementation).toBe(name);
  });

  it("keeps its size where it cannot change", async () => {
    const pool = make(1);
    await pool.grow(2);
    expect(pool.size).toBe(capabilities.resizable ? 3 : 1);
    await pool.shrink(1);
    expect(pool.size).toBe(capabilities.resizable ? 2 : 1);
  });
});

describe("a function that cannot be killed", () => {
  it("is counted as an orphan from its hard limit until it returns", async () => {
    let finish = (): void => {};
    const execute: Execute = () => new Promise<void>((resolve) => (finish = resolve));
    const pool = new InlinePool({ size: 1, execute });
    expect(await pool.run({ id: "a", payload: null, hardLimitMs: 2 })).toEqual({
      status: "timed out",
      limitMs: 2,
      orphaned: true,
    });
    expect(pool.stats()).toMatchObject({ running: 0, orphaned: 1, completed: 1 });
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pool.stats().orphaned).toBe(0);
  });

  it("is told by its signal, also when it looks at it late", async () => {
    let look = (): AbortSignal => new AbortController().signal;
    const execute: Execute = (_payload, context) => {
      look = () => context.signal;
      return new Promise(() => {});
    };
    const pool = new InlinePool({ size: 1, execute });
    const reason = new Error("enough");
    const running = pool.run({ id: "a", payload: null });
    pool.terminate("a", reason);
    expect(await running).toEqual({ status: "lost", reason });
    expect([look().aborted, look().reason]).toEqual([true, reason]);
  });

  it("begins in the same turn when a slot is free", () => {
    let began = false;
    const pool = new InlinePool({ size: 1, execute: () => (began = true) });
    void pool.run({ id: "a", payload: null });
    expect(began).toBe(true);
  });
});
