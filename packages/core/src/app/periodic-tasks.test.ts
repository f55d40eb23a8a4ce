import { expect, it } from "vitest";
import { createApp } from "./create-app.ts";

it("names an entry after its call, so that two calls are two entries", () => {
  const app = createApp("periodic");
  const test = app.task("t.test", (..._words: unknown[]) => {});
  app.onAfterConfigure((configured) => {
    configured.addPeriodicTask(10, test.s("a", 1));
    configured.addPeriodicTask(10, test.s("a", 1), { kwargs: { deep: [true] } });
    configured.addPeriodicTask(20, test.s("a", 1), { kwargs: { deep: [false] }, queue: "low" });
    configured.addPeriodicTask(30, test.s(), { name: "mine" });
  });
  const entries = app.periodicTasks;
  expect(Object.keys(entries)).toEqual([
    't.test("a", 1)',
    't.test("a", 1, deep=[true])',
    't.test("a", 1, deep=[false])',
    "mine",
  ]);
  expect(entries['t.test("a", 1, deep=[false])']).toMatchObject({
    task: "t.test",
    schedule: 20,
    args: ["a", 1],
    kwargs: { deep: [false] },
    options: { queue: "low" },
  });
});
