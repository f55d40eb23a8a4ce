import { FakeClock } from "@q/kernel/testing";
import { expect, it } from "vitest";
import { RestartGuard } from "./restart-guard.ts";

const guard = (): { guard: RestartGuard; clock: FakeClock } => {
  const clock = new FakeClock();
  return { clock, guard: new RestartGuard({ maxRestarts: 3, windowMs: 1000, clock }) };
};

it("lets executors that died at work be replaced at once, up to a frequency", () => {
  const { guard: restarts } = guard();
  expect([1, 2, 3].map(() => restarts.died("at work"))).toEqual([0, 0, 0]);
  expect(restarts.isExceeded).toBe(false);
  expect([4, 5].map(() => restarts.died("at work"))).toEqual([100, 200]);
  expect(restarts.isExceeded).toBe(true);
});

it("forgets deaths that are longer ago than the window", async () => {
  const { guard: restarts, clock } = guard();
  for (let n = 0; n < 10; n++) restarts.died("at work");
  await clock.advance(1000);
  expect(restarts.died("at work")).toBe(0);
});

it("waits longer each time for executors that die without work, up to 30 s, until one works", () => {
  const { guard: restarts } = guard();
  const delays = Array.from({ length: 12 }, () => restarts.died("without work"));
  expect(delays.slice(0, 4)).toEqual([100, 200, 400, 800]);
  expect(delays.at(-1)).toBe(30_000);
  restarts.succeeded();
  expect(restarts.died("without work")).toBe(100);
});
