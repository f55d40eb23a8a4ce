import { expect, it } from "vitest";
import { coalesce } from "./coalesce.ts";

it("runs once for all calls that one event causes", async () => {
  let runs = 0;
  const soon = coalesce(() => runs++);
  soon();
  await Promise.resolve();
  soon();
  await Promise.resolve().then(() => soon());
  expect(runs).toBe(0);
  await new Promise((resolve) => process.nextTick(resolve));
  expect(runs).toBe(1);
});

it("runs before the event loop goes on, the first time in a turn", async () => {
  let ran = false;
  const soon = coalesce(() => (ran = true));
  const ranBefore = new Promise((resolve) => setImmediate(() => resolve(ran)));
  soon();
  expect(await ranBefore).toBe(true);
});

it("lets the event loop go on when what has run calls again, for ever", async () => {
  let runs = 0;
  let isOver = false;
  const soon: () => void = coalesce(() => {
    runs++;
    if (!isOver) void Promise.resolve().then(soon);
  });
  soon();
  await new Promise((resolve) => setTimeout(resolve, 0));
  isOver = true;
  expect(runs).toBeGreaterThan(0);
});
