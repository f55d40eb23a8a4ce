import { type App, chain, chord, group, type Signature } from "@q/core";
import { describe, expect, it } from "vitest";
import { queueOf, withFleet } from "./fleet.ts";

const { Q, Python } = queueOf;
const wait = { timeout: 15 };

const mixes = [
  { title: "on Python alone", queues: [Python] },
  { title: "on both in turn", queues: [Python, Q] },
  { title: "on both, the other way round", queues: [Q, Python] },
];

/** Calls of tasks that every worker has, each for the next of the queues. */
function callsOn(app: App, queues: readonly string[]) {
  let count = 0;
  const call = <TResult>(name: string, args: readonly unknown[]): Signature<[], TResult> =>
    app.signature(`interop.${name}`, args, {
      immutable: true,
      queue: queues[count++ % queues.length] as string,
    });
  return {
    add: (x: number, y: number) => call<number>("add", [x, y]),
    identity: <T>(value: T) => call<T>("identity", [value]),
    fail: (message: string) => call<number>("fail", ["InteropError", message]),
  };
}

withFleet("workflows built in Q", {}, (fleet) => {
  describe.each(mixes)("$title", ({ queues }) => {
    const plus = (n: number): Signature<[number], number> =>
      fleet().app.signature("interop.add", [n], { queue: queues[n % queues.length] as string });

    it("run a chain, and know the results on the way", async () => {
      const { add } = callsOn(fleet().app, queues);
      const result = await chain(add(2, 2), plus(4), plus(9)).delay();
      expect(await result.get(wait)).toBe(17);
      expect([await result.parent?.get(wait), await result.parent?.parent?.get(wait)]).toEqual([8, 4]);
    });

    it("run a group, with results in its order", async () => {
      const { identity } = callsOn(fleet().app, queues);
      const result = await group(Array.from({ length: 12 }, (_, index) => identity(index))).delay();
      expect(await result.get(wait)).toEqual(Array.from({ length: 12 }, (_, index) => index));
    });

    it("run a chord, with its values in the order of the header, those of groups inside too", async () => {
      const { add, identity } = callsOn(fleet().app, queues);
      const body: Signature<[unknown[]]> = fleet().app.signature("interop.identity", [], {
        queue: queues[0] as string,
      });
      const header = group(group(add(1, 1), add(2, 2)), chain(add(3, 3), plus(1)), identity("x"));
      expect(await (await chord(header, body).delay()).get(wait)).toEqual([2, 4, 7, "x"]);
    });

    it("run chords in a chain, with groups behind them", async () => {
      const app = fleet().app;
      const { add } = callsOn(app, queues);
      const queue = queues[0] as string;
      const sum = (): Signature<[readonly number[]], number> => app.signature("interop.xsum", [], { queue });
      const workflow = chain(add(1, 1), group(plus(1), plus(2)), sum(), group(plus(3), plus(4)), sum());
      expect(await (await workflow.delay()).get(wait)).toBe(21);
    });

    it("tell of failures: of a step, and of a member of a chord", async () => {
      const { add, fail } = callsOn(fleet().app, queues);
      const chained = await chain(fail("gone"), plus(1)).delay();
      await expect(chained.get(wait)).rejects.toMatchObject({ args: ["gone"] });
      const body: Signature<[number[]], number> = fleet().app.signature("interop.xsum", [], {
        queue: queues[0] as string,
      });
      const joined = await chord([add(1, 1), fail("gone")], body).delay();
      await expect(joined.get(wait)).rejects.toThrow(/Dependency .* raised InteropError/);
    });

    it("run chunks, map and starmap", async () => {
      const queue = queues[0] as string;
      const add = fleet().app.remoteTask<[x: number, y: number], number>("interop.add");
      const pairs: [number, number][] = [[1, 1], [2, 2], [3, 3]]; // prettier-ignore
      const chunked = await add.chunks(pairs, 2).applyAsync([], { queue });
      expect(await chunked.get(wait)).toEqual([[2, 4], [6]]);
      expect(await (await add.starmap(pairs).applyAsync([], { queue })).get(wait)).toEqual([2, 4, 6]);
    });
  });
});
