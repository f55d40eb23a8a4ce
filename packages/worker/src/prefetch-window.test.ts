import { expect, it } from "vitest";
import { PrefetchWindow } from "./prefetch-window.ts";

function testWindow(capacity: number, etaLimit: number | null = null) {
  const state = { capacity, scheduled: 0 };
  const told: number[] = [];
  const window = new PrefetchWindow({
    capacity: () => state.capacity,
    scheduled: () => state.scheduled,
    etaLimit,
    apply: (prefetch) => told.push(prefetch),
  });
  return { state, told, window };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("is as large as the capacity, and grows by what waits for its time", () => {
  const { state, window } = testWindow(8);
  expect(window.size).toBe(8);
  state.scheduled = 100;
  expect(window.size).toBe(108);
});

it("holds no more scheduled tasks than the limit says", () => {
  const { state, window } = testWindow(8, 50);
  state.scheduled = 100;
  expect(window.size).toBe(58);
});

it("has no limit with a multiplier of 0", () => {
  const { state, window } = testWindow(0);
  state.scheduled = 5;
  expect(window.size).toBe(Infinity);
});

it("leaves out slots taken by acknowledged tasks where the broker follows quickly, down to nothing", () => {
  const { window } = testWindow(4);
  window.earlyAcked = 3;
  expect(window.size).toBe(4);
  window.countEarlyAcks = true;
  expect(window.size).toBe(1);
  window.earlyAcked = 9;
  expect(window.size).toBe(0);
});

it("tells changes of one turn together, and nothing when nothing has changed", async () => {
  const { state, told, window } = testWindow(4);
  window.refresh();
  await turn();
  state.scheduled = 1;
  window.refresh();
  state.scheduled = 2;
  window.refresh();
  await turn();
  window.refresh();
  await turn();
  expect(told).toEqual([4, 6]);
});
