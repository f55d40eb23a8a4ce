import { describe, expect, it } from "vitest";
import { Blueprint, type Bootstep } from "./blueprint.ts";

/** Steps that note what is asked of them. */
function steps(
  notes: string[],
  ...specs: (readonly [name: string, ...requires: string[]])[]
): Bootstep<unknown>[] {
  return specs.map(([name, ...requires]) => ({
    name,
    requires,
    start: async () => void notes.push(`start ${name}`),
    drain: async () => void notes.push(`drain ${name}`),
    stop: async () => void notes.push(`stop ${name}`),
  }));
}

describe("a blueprint", () => {
  it("starts each step after those it requires, and drains and stops in reverse", async () => {
    const notes: string[] = [];
    const blueprint = new Blueprint(steps(notes, ["c", "b"], ["a"], ["b", "a"]));
    expect(blueprint.steps.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    await blueprint.start({});
    await blueprint.drain({});
    await blueprint.stop({});
    expect(notes).toEqual([
      ...["start a", "start b", "start c"],
      ...["drain c", "drain b", "drain a"],
      ...["stop c", "stop b", "stop a"],
    ]);
  });

  it("keeps the given order where nothing is required", () => {
    const blueprint = new Blueprint(steps([], ["x"], ["y"], ["z"]));
    expect(blueprint.steps.map(({ name }) => name)).toEqual(["x", "y", "z"]);
  });

  it.each([
    ['bootstep "b" requires "gone", which is missing', [["b", "gone"]]],
    [
      "bootsteps need each other: a -> b -> a",
      [
        ["a", "b"],
        ["b", "a"],
      ],
    ],
    ["bootsteps need each other: a -> a", [["a", "a"]]],
  ] as const)("refuses an order that cannot be: %s", (message, specs) => {
    expect(() => new Blueprint(steps([], ...specs))).toThrow(message);
  });

  it("stops what was started, the failed step included, when one fails to start", async () => {
    const notes: string[] = [];
    const [a, b, c] = steps(notes, ["a"], ["b"], ["c"]) as [
      Bootstep<unknown>,
      Bootstep<unknown>,
      Bootstep<unknown>,
    ];
    const failing = { ...b, start: async () => Promise.reject(new Error("b cannot")) };
    const blueprint = new Blueprint([a, failing, c]);
    await expect(blueprint.start({})).rejects.toThrow("b cannot");
    await blueprint.stop({});
    expect(notes).toEqual(["start a", "stop b", "stop a"]);
  });

  it("stops every step although one fails to, tells the first failure, and stops nothing twice", async () => {
    const notes: string[] = [];
    const failing = steps(notes, ["a"], ["b"], ["c"]).map((step) => ({
      ...step,
      stop: async () => {
        notes.push(`stop ${step.name}`);
        if (step.name !== "a") throw new Error(`${step.name} cannot`);
      },
    }));
    const blueprint = new Blueprint(failing);
    await blueprint.start({});
    notes.length = 0;
    await expect(blueprint.stop({})).rejects.toThrow("c cannot");
    await blueprint.stop({});
    expect(notes).toEqual(["stop c", "stop b", "stop a"]);
  });

  it("passes one context to all steps, which may leave any part out", async () => {
    const seen: unknown[] = [];
    const context = { n: 1 };
    const blueprint = new Blueprint<{ n: number }>([
      { name: "a" },
      { name: "b", start: async (c) => void seen.push(c) },
    ]);
    await blueprint.start(context);
    await blueprint.drain(context);
    await blueprint.stop(context);
    expect(seen).toEqual([context]);
  });
});
