import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { deferred } from "@q/kernel";
import { createPool, SoftTimeLimitExceeded } from "@q/pool";
import { describe, expect, it } from "vitest";

interface Jobs {
  readonly square: (n: number) => number;
  readonly add: (a: number, b: number) => Promise<number>;
  readonly fail: (message: string) => never;
  readonly wait: (ms: number) => Promise<string>;
  readonly never: () => never;
  readonly waitFor: (ms: number) => Promise<number>;
  readonly untilAborted: () => Promise<never>;
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

  it("gives each result as soon as it is there", async () => {
    await using pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 2 });
    const ended: number[] = [];
    for await (const ms of pool.imapUnordered("waitFor", [400, 1, 1, 1])) ended.push(ms);
    expect(ended).toEqual(kind === "solo" ? [400, 1, 1, 1] : [1, 1, 1, 400]);
    const failing = pool.imapUnordered("fail", ["a", "b", "c"]);
    await expect(failing.next()).rejects.toThrow(/^[abc]$/);
  });

  it("gives each result while the next item is still to come, until there is none or nobody reads on", async () => {
    await using pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 4 });
    let isRead = deferred<void>();
    let isOver = false;
    async function* items(): AsyncGenerator<number> {
      try {
        for (let n = 2; ; n++) {
          yield n;
          await isRead.promise;
          isRead = deferred();
          if (n === 4) throw new Error("no more");
        }
      } finally {
        isOver = true;
      }
    }
    const squares: number[] = [];
    const read = async (most: number): Promise<void> => {
      for await (const square of pool.imapUnordered("square", items())) {
        isRead.resolve();
        if (squares.push(square) === most) break;
      }
    };
    await expect(read(10)).rejects.toThrow("no more");
    expect(squares).toEqual([4, 9, 16]);
    [isOver, isRead] = [false, deferred()];
    await read(5);
    expect(squares).toEqual([4, 9, 16, 4, 9]);
    await expect.poll(() => isOver).toBe(true);
  });

  it("takes no more calls when it was closed, and says so to those that wait when it is terminated", async () => {
    const pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 1, sendAhead: 0 });
    const calls = [pool.run("wait", [300]), pool.run("untilAborted"), pool.run("untilAborted")];
    const ends = Promise.allSettled(calls);
    await calls[0];
    const closing = pool.close();
    await expect(pool.run("answer")).rejects.toMatchObject({ code: "ERR_Q_CLOSED" });
    await pool.terminate();
    const terminated = { status: "rejected", reason: { message: "the pool was terminated" } };
    expect(await ends).toMatchObject([{ value: "waited" }, terminated, terminated]);
    await closing;
  });

  it("brings the pool's own errors as what they are", async () => {
    await using pool = await createPool<Jobs>({ kind, module, execArgv: [], size: 1 });
    const soft = pool.run("untilAborted", [], { softLimitMs: 50 });
    await expect(soft).rejects.toBeInstanceOf(SoftTimeLimitExceeded);
  });

  it("calls what a CommonJS module exports, whatever Node can tell of it", async () => {
    const path = fileURLToPath(new URL("./programs/commonjs-jobs.cjs", import.meta.url));
    await using pool = await createPool({ kind, module: path, execArgv: [], size: 1 });
    expect(await pool.run("listed", [1])).toBe(1);
    expect(await pool.run("computed", [2])).toBe(2);
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

it("takes one signal for any number of calls", async () => {
  await using pool = await createPool<Jobs>({ kind: "async", module, size: 1 });
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  await pool.map("square", Array(20).fill(1), { signal: new AbortController().signal });
  // Node tells of warnings in the next tick.
  await nextTurn();
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

// The second is a module of Node's.
it.each(["procesess", "process"])(
  "names the kinds that there are for one that there is not: %s",
  async (kind) => {
    await expect(createPool({ kind, module })).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringContaining('Did you mean "processes"') as string,
    });
  },
);

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
  [{ module, initializer: 1 }, "Options: kind, module, size,"],
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
