import { describe, expect, it } from "vitest";
import { buildInPython } from "./build-in-python.ts";
import { type Language, queueOf, withFleet } from "./fleet.ts";

const languages: readonly Language[] = ["Q", "Python"];
const everywhere = Object.values(queueOf);
const wait = { timeout: 30 };

// `celery.accumulate`, which makes one value of the group, is sent like any other task: a route says who runs it.
describe.each(languages)("tasks replaced by groups, gathered by %s", (gatherer) => {
  const settings = { task_routes: { "celery.accumulate": { queue: queueOf[gatherer] } } };

  withFleet("built in either language", { settings }, (fleet) => {
    const build = (expression: string): Promise<unknown> =>
      buildInPython(
        fleet(),
        `
def to(queue, signature):
    return signature.set(queue=queue)
both, add_to_all = queues, tasks.add_to_all
python, q = "${queueOf.Python}", "${queueOf.Q}"
return (${expression}).get(timeout=30, propagate=False)`,
        everywhere,
      );

    describe.each(languages)("in a %s worker", (worker) => {
      const queue = queueOf[worker];
      const here = worker === "Q" ? "q" : "python";

      it("give the list of the members' results to a client of Python", async () => {
        expect(await build(`to(${here}, add_to_all.s([1, 2, 3], 10, both)).delay()`)).toEqual([11, 12, 13]);
      });

      it("give the list of the members' results to a client of Q", async () => {
        const { app } = fleet();
        const replaced = app.signature<[], number[]>("interop.add_to_all", [[1, 2, 3], 10, everywhere]);
        expect(await (await replaced.set({ queue }).delay()).get(wait)).toEqual([11, 12, 13]);
      });

      it("keep what follows them in their chain", async () => {
        const replaced = `to(${here}, add_to_all.s(10, both))`;
        const steps = `to(q, identity.s([1, 2])), ${replaced}, to(python, xsum.s()), to(q, add.s(100))`;
        expect(await build(`chain(${steps})()`)).toBe(123);
      });

      it("keep their places in a chord", async () => {
        const [one, other] = [`[1, 2], 10`, `[3, 4], 10`].map(
          (given) => `to(${here}, add_to_all.s(${given}, both))`,
        );
        const header = `[${one}, to(python, add.s(1, 1)), ${other}]`;
        expect(await build(`chord(${header}, to(q, identity.s()))()`)).toEqual([[11, 12], 2, [13, 14]]);
      });
    });
  });
});
