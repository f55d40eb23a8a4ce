import { type App, chain, chord, group, type Signature } from "@q/core";
import { describe, expect, it } from "vitest";
import { queueOf, withFleet } from "./fleet.ts";

const { Q, Python } = queueOf;
const any = { chain, chord, group } as unknown as Compose;

/** Tasks known by name only have no types to compose by. */
interface Compose {
  chain(...steps: Signature[]): Signature;
  group(members: Signature[]): Signature;
  chord(header: Signature[], body: Signature): Signature;
}

/** Makes signatures that go to the queues in turn. */
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

interface Handle {
  get(options: object): Promise<unknown>;
}

const workflows: [string, (on: Builder) => Signature, unknown][] = [
  [
    "a chord",
    (on) =>
      any.chord([on.task("add", 1, 1), on.task("add", 2, 2), on.task("add", 3, 3)], on.task("identity")),
    [2, 4, 6],
  ],
  [
    "a chord in a chain",
    (on) =>
      any.chain(
        on.task("add", 1, 1),
        any.group([on.task("add", 1), on.task("add", 2)]),
        on.task("xsum"),
        on.task("add", 100),
      ),
    107,
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
    "a chain in a chord",
    (on) =>
      any.chord(
        [any.chain(on.task("add", 1, 1), on.task("add", 10)), on.task("retry_n_times", 1, 0.02)],
        on.task("identity"),
      ),
    [12, 1],
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
      const result = (await app.send(build(new Builder(app, queues)))) as unknown as Handle;
      expect(await result.get({ timeout: 10 })).toEqual(value);
    });

    it("fail with the member that failed", async () => {
      const { app } = fleet();
      const on = new Builder(app, queues);
      const workflow = any.chord(
        [on.task("add", 1, 1), on.task("fail", "InteropError", "no")],
        on.task("xsum"),
      );
      const result = (await app.send(workflow)) as unknown as Handle;
      expect(await result.get({ timeout: 10, propagate: false })).toMatchObject({
        code: "ERR_Q_CHORD",
        message: expect.stringMatching(/^Dependency \S+ raised InteropError\('no'\)$/) as string,
      });
    });

    it("keep their stamps", async () => {
      const { app } = fleet();
      const on = new Builder(app, queues);
      const stamped = (signature: Signature): Signature =>
        signature.set({ stampedHeaders: ["tenant"], stamps: { tenant: "a" } });
      const workflow = any.chord(
        [stamped(on.task("request")), on.task("add", 1, 1)],
        stamped(on.task("request")),
      );
      const result = (await app.send(workflow)) as unknown as Handle;
      const seen = (await result.get({ timeout: 10 })) as { stamps: object; args: [{ stamps: object }[]] };
      expect(seen.stamps).toEqual({ tenant: "a" });
      expect(seen.args[0][0]?.stamps).toEqual({ tenant: "a" });
    });
  });
});
