import { createPool } from "@q/pool";
import { describe, expect, it } from "vitest";

interface Jobs {
  readonly square: (n: number) => number;
  readonly add: (a: number, b: number) => Promise<number>;
  readonly fail: (message: string) => never;
  readonly wait: (ms: number) => Promise<string>;
  readonly never: () => never;
  readonly answer: () => number;
}
const module = new URL("./programs/arithmetic-jobs.mjs", import.meta.url);

describe.each(["processes", "threads", "async", "solo"])("createPool with %s", (kind) => {
  it("calls functions of a module: one, for each item, in order, as fast as they are read", async () => {
    await using pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 2 });
    expect(await pool.run("add", [1, 2])).toBe(3);
    expect(await pool.run("answer")).toBe(42);
    expect(await pool.map("square", [1, 2, 3])).toEqual([1, 4, 9]);
    const sums = await pool.starmap("add", [
      [1, 2],
      [3, 4],
    ]);
    expect(sums).toEqual([3, 7]);
    let taken = 0;
    function* items(): Generator<number> {
      for (;;) yield ++taken;
    }
    const squares: number[] = [];
    for await (const result of pool.imap("square", items())) if (squares.push(result) === 4) break;
    expect(squares).toEqual([1, 4, 9, 16]);
    expect(taken).toBeLessThan(10);
  });

  it("rejects with what the function threw, for an unknown function, and when it is aborted", async () => {
    await using pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 1 });
    await expect(pool.run("fail", ["on purpose"])).rejects.toThrow(new RangeError("on purpose"));
    await expect(pool.run("nothing" as "fail", ["x"])).rejects.toThrow(/exports no function named nothing/);
    const stop = new AbortController();
    const waiting = pool.run("wait", [300], { signal: stop.signal });
    stop.abort(new Error("changed my mind"));
    await expect(waiting).rejects.toThrow("changed my mind");
  });

  it("aborts calls that wait for a place, and ends when those that were not aborted have", async () => {
    const pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 1, sendAhead: 0 });
    const stop = new AbortController();
    const long = pool.run("wait", [300]);
    const aborted = pool.run("wait", [60_000], { signal: stop.signal });
    const squares = pool.map("square", [1, 2, 3]);
    stop.abort(new Error("changed my mind"));
    await expect(aborted).rejects.toThrow("changed my mind");
    await pool.close();
    expect(await Promise.all([long, squares])).toEqual(["waited", [1, 4, 9]]);
  });
});

it.each(["processes", "threads", "async"])(
  "gives calls that wait what it grows by, with %s",
  async (kind) => {
    await using pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 1, sendAhead: 0 });
    const stop = new AbortController();
    const long = pool.run("wait", [60_000], { signal: stop.signal });
    const squares = pool.map("square", [1, 2, 3]);
    await pool.grow(1);
    expect(await squares).toEqual([1, 4, 9]);
    await pool.shrink(1);
    expect(pool.stats().size).toBe(1);
    stop.abort(new Error("long enough"));
    await expect(long).rejects.toThrow("long enough");
  },
);

it("ends a function that never returns at its hard limit", async () => {
  await using pool = await createPool<Jobs>({ module, execArgv: [], size: 1 });
  await expect(pool.run("never", [], { hardLimitMs: 200 })).rejects.toMatchObject({
    code: "ERR_Q_TIME_LIMIT",
  });
  expect(await pool.run("square", [2])).toBe(4);
});

it("names the kinds that there are for one that there is not", async () => {
  await expect(createPool({ kind: "procesess", module })).rejects.toMatchObject({
    code: "ERR_Q_IMPROPERLY_CONFIGURED",
    message: expect.stringContaining('Did you mean "processes"') as string,
  });
});

it.each([
  ["export const createPool = 1;", /^createPool of .* is neither a function nor a class\./],
  ["export class createPool {}", /^createPool of .* makes something without the methods start, run, /],
])("says what is wrong with a module of %s", async (text, message) => {
  const kind = `data:text/javascript,${encodeURIComponent(text)}`;
  await expect(createPool({ kind, module })).rejects.toMatchObject({
    code: "ERR_Q_IMPROPERLY_CONFIGURED",
    message: expect.stringMatching(message) as string,
  });
});

it.each([
  [{ module, sizes: 2 }, 'Did you mean "size"?'],
  [{ module, size: 0 }, "from 1 on, not 0"],
  [{ module, size: 2.5 }, "a whole number"],
  [{}, "not undefined"],
  [{ module: "./jobs.js" }, 'write new URL("./jobs.js", import.meta.url)'],
])("says what is wrong with %j", async (options, text) => {
  await expect(createPool(options as Parameters<typeof createPool>[0])).rejects.toMatchObject({
    code: "ERR_Q_IMPROPERLY_CONFIGURED",
    message: expect.stringContaining(text) as string,
  });
});
