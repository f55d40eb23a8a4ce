import { type App, chain, chord, group, type Signature } from "@q/core";
import { describe, expect, it } from "vitest";
import { queueOf, withFleet } from "./fleet.ts";

const { Q, Python } = queueOf;
const wait = { timeout: 30 };

/** Tasks known by name only have no types to compose by. */
const any = { chain, chord, group } as unknown as {
  chain(...steps: Signature[]): Signature;
  group(members: Signature[]): Signature;
  chord(header: Signature[], body: Signature): Signature;
};

/** Makes signatures of tasks that every worker has; they go to the queues in turn. */
class Builder {
  readonly #app: App;
  readonly #queues: readonly string[];
  #count = 0;

  constructor(app: App, queues: readonly string[]) {
    this.#app = app;
    this.#queues = queues;
  }

  task(name: string, ...args: unknown[]): Signature {
    const queue = this.#queues[this.#count++ % this.#queues.length] ?? Q;
    return this.#app.signature(`interop.${name}`, args).set({ queue });
  }
}

const count = (length: number): number[] => Array.from({ length }, (_, index) => index);

const workflows: [string, (on: Builder) => Signature, unknown][] = [
  ["a chain", (on) => any.chain(on.task("add", 2, 2), on.task("add", 4), on.task("add", 9)), 17],
  ["a group", (on) => any.group(count(12).map((index) => on.task("identity", index))), count(12)],
  [
    "a chord",
    (on) =>
      any.chord(
        [1, 2, 3].map((n) => on.task("add", n, n)),
        on.task("identity"),
      ),
    [2, 4, 6],
  ],
  [
    "chords in a chain, with tasks and groups behind them",
    (on) =>
      any.chain(
        on.task("add", 1, 1),
        any.group([on.task("add", 1), on.task("add", 2)]),
        on.task("xsum"),
        any.group([on.task("add", 3), on.task("add", 4)]),
        on.task("xsum"),
        on.task("add", 100),
      ),
    121,
  ],
  [
    "a chord in a chord",
    (on) =>
      any.chord(
        [any.chord([on.task("add", 1, 1), on.task("add", 2, 2)], on.task("xsum")), on.task("add", 5, 5)],
        on.task("identity"),
      ),
    [6, 10],
  ],
  [
    "chains, retries and groups in a chord",
    (on) =>
      any.chord(
        [
          any.chain(on.task("add", 1, 1), on.task("add", 10)),
          on.task("retry_n_times", 1, 0.02),
          any.group([on.task("add", 1, 1), on.task("add", 2, 2)]),
        ],
        on.task("identity"),
      ),
    [12, 1, 2, 4],
  ],
  [
    "a group at the end",
    (on) => any.chain(on.task("add", 1, 1), any.group([on.task("add", 1), on.task("add", 2)])),
    [3, 4],
  ],
];

withFleet("workflows built in Q", {}, (fleet) => {
  describe.each([
    { title: "on Python alone", queues: [Python] },
    { title: "on both in turn", queues: [Q, Python] },
    { title: "on both, the other way round", queues: [Python, Q] },
  ])("$title", ({ queues }) => {
    it.each(workflows)("run: %s", async (_title, build, value) => {
      const { app } = fleet();
      const result = await build(new Builder(app, queues)).delay();
      expect(await result.get(wait)).toEqual(value);
    });

    it("know the results on the way", async () => {
      const on = new Builder(fleet().app, queues);
      const result = await any.chain(on.task("add", 2, 2), on.task("add", 4), on.task("add", 9)).delay();
      expect(await result.get(wait)).toBe(17);
      expect([await result.parent?.get(wait), await result.parent?.parent?.get(wait)]).toEqual([8, 4]);
    });

    it("fail with the step that failed", async () => {
      const on = new Builder(fleet().app, queues);
      const result = await any.chain(on.task("fail", "InteropError", "gone"), on.task("add", 1)).delay();
      await expect(result.get(wait)).rejects.toMatchObject({ args: ["gone"] });
    });

    it("fail with the member that failed, and tell error callbacks", async () => {
      const { app } = fleet();
      const on = new Builder(app, queues);
      const told = crypto.randomUUID();
      const body = on.task("xsum").onError(on.task("on_error").set({ taskId: told }));
      const result = await any
        .chord([on.task("add", 1, 1), on.task("fail", "InteropError", "no")], body)
        .delay();
      expect(await result.get({ ...wait, propagate: false })).toMatchObject({
        code: "ERR_Q_CHORD",
        message: expect.stringMatching(/^Dependency \S+ raised InteropError\('no'\)$/) as string,
      });
      expect(await app.AsyncResult(told).get(wait)).toBe(result.id);
    });

    it("keep their stamps", async () => {
      const on = new Builder(fleet().app, queues);
      const workflow = any
        .chord([on.task("request"), on.task("retry_n_times", 1, 0.02)], on.task("request"))
        .stamp({ tenant: "a" });
      const seen = (await (await workflow.delay()).get(wait)) as {
        stamps: object;
        args: [{ stamps: object }[]];
      };
      expect(seen.stamps).toEqual({ tenant: "a" });
      expect(seen.args[0][0]?.stamps).toEqual({ tenant: "a" });
    });

    it("run chunks, map and starmap", async () => {
      const [queue = Q] = queues;
      const add = fleet().app.remoteTask<[x: number, y: number], number>("interop.add");
      const pairs: [number, number][] = [[1, 1], [2, 2], [3, 3]]; // prettier-ignore
      const chunked = await add.chunks(pairs, 2).applyAsync([], { queue });
      expect(await chunked.get(wait)).toEqual([[2, 4], [6]]);
      const identity = fleet().app.remoteTask<[value: number], number>("interop.identity");
      expect(await (await identity.map([7, 8]).applyAsync([], { queue })).get(wait)).toEqual([7, 8]);
      expect(await (await add.starmap(pairs).applyAsync([], { queue })).get(wait)).toEqual([2, 4, 6]);
    });
  });
});
