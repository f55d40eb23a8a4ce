import { describe, expect, it } from "vitest";
import { createApp } from "../app/create-app.ts";
import type { App } from "../app/app.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { group } from "./group.ts";

const newApp = (options: object = {}): App => createApp("eager", { backend: "cache+memory://", ...options });

describe("a workflow that is run here and now", () => {
  const app = newApp();
  const add = app.task("t.add", (x: number, y: number) => x + y);
  const mul = app.task("t.mul", (x: number, y: number) => x * y);
  const sum = app.task("t.sum", (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));
  const seen: unknown[] = [];
  const note = app.task("t.note", (...args: unknown[]) => void seen.push(args));
  const fail = app.task("t.fail", (_given: number): number => {
    throw new RangeError("no");
  });

  it("gives results with those before them as parents", async () => {
    const result = await chain(add.s(2, 2), group([mul.s(2), mul.s(3)]), sum.s()).apply();
    expect(await result.get()).toBe(20);
    expect(await result.parent?.get()).toEqual([8, 12]);
    expect(await result.parent?.parent?.get()).toBe(4);
    expect(await result.ready()).toBe(true);
  });

  it("ends a chain at the first failure, which is its result", async () => {
    seen.length = 0;
    const result = await chain(add.s(1, 1), fail.s(), note.s()).apply();
    expect(await result.failed()).toBe(true);
    await expect(result.get()).rejects.toThrow("no");
    expect(seen).toEqual([]);
  });

  it("throws the failure instead, when that is wanted", async () => {
    await expect(chain(add.s(1, 1), fail.s()).apply([], { throw: true })).rejects.toThrow("no");
  });

  it("does not run the body of a chord when a member has failed", async () => {
    seen.length = 0;
    const result = await chord([add.s(1, 1), fail.s(1)], note.s()).apply();
    await expect(result.get()).rejects.toThrow("no");
    expect(seen).toEqual([]);
  });

  it("calls links where they belong", async () => {
    seen.length = 0;
    await chain(add.s(1, 1), mul.s(3)).link(note.s("last")).apply();
    await chord([add.s(1, 1)], sum.s())
      .link(note.s("body"))
      .apply();
    await group([add.s(1, 1), add.s(2, 2)])
      .linkError(note.s("never"))
      .apply();
    expect(seen).toEqual([
      [6, "last"],
      [2, "body"],
    ]);
  });

  it("maps, spreads and cuts lists", async () => {
    expect(await (await sum.map([[1, 2], [3]]).apply()).get()).toEqual([3, 3]);
    expect(await (await add.starmap([[1, 2], [3, 4]]).apply()).get()).toEqual([3, 7]);
    expect(await (await add.chunks([[1, 2], [3, 4], [5, 6]], 2).apply()).get()).toEqual([[3, 7], [11]]);
  }); // prettier-ignore

  it("takes partial arguments, and the id for its last step", async () => {
    const result = await add.s(4).pipe(mul.s(8)).apply([16], { taskId: "mine" });
    expect([result.id, await result.get()]).toEqual(["mine", 160]);
  });

  it("of nothing gives nothing", async () => {
    expect(await app.caller.applyCanvas(chain([]).node, {})).toBeNull();
    expect(
      await (
        await group([add.s(1, 1)])
          .skew()
          .apply()
      ).get(),
    ).toEqual([2]);
  });
});

it("with task_always_eager every way of sending runs it", async () => {
  const app = newApp({ taskAlwaysEager: true });
  const add = app.task("t.add", (x: number, y: number) => x + y);
  const workflow = group([add.s(1, 1), add.s(2, 2)]);
  expect(await workflow.run()).toEqual([2, 4]);
  expect(await (await app.send(workflow.toJSON())).get()).toEqual([2, 4]);
  expect(await (await chain(add.s(1, 1), add.s(5)).delay()).get()).toBe(7);
});
