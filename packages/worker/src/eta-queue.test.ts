import { describe, expect, it } from "vitest";
import type { Cancel, Clock } from "@q/kernel";
import { FakeClock } from "@q/kernel/testing";
import { EtaQueue } from "./eta-queue.ts";

function queue(clock: Clock = new FakeClock()): { released: string[]; queue: EtaQueue<string> } {
  const released: string[] = [];
  return { released, queue: new EtaQueue<string>(clock, (item) => released.push(item)) };
}

describe("a queue of scheduled items", () => {
  it("releases each at its time, never before, those of the same time in their order", async () => {
    const clock = new FakeClock(1000);
    const { released, queue: scheduled } = queue(clock);
    scheduled.add("c", 3000);
    scheduled.add("a", 2000);
    scheduled.add("b1", 2500);
    scheduled.add("b2", 2500);
    await clock.advance(999);
    expect(released).toEqual([]);
    await clock.advance(1);
    expect(released).toEqual(["a"]);
    await clock.advance(500);
    expect(released).toEqual(["a", "b1", "b2"]);
    await clock.advance(500);
    expect([released.at(-1), scheduled.size, clock.pending]).toEqual(["c", 0, 0]);
  });

  it("releases what is already due at once", async () => {
    const clock = new FakeClock(1000);
    const { released, queue: scheduled } = queue(clock);
    scheduled.add("late", 500);
    await clock.advance(0);
    expect(released).toEqual(["late"]);
  });

  it("keeps the order of thousands in random order", async () => {
    const clock = new FakeClock();
    const due: number[] = [];
    const scheduled = new EtaQueue<number>(clock, (item) => due.push(item));
    let seed = 7;
    const times = Array.from({ length: 3000 }, () => (seed = (seed * 48_271) % 2_147_483_647) % 10_000);
    for (const time of times) scheduled.add(time, time);
    await clock.advance(10_000);
    expect(due).toEqual(times.toSorted((a, b) => a - b));
  });

  it("follows a wall clock that jumps ahead within a second, and never runs early when it jumps back", async () => {
    const inner = new FakeClock();
    let offsetMs = 0;
    const jumping: Clock = {
      now: () => inner.now() + offsetMs,
      monotonic: () => inner.monotonic(),
      schedule: (delayMs, run): Cancel => inner.schedule(delayMs, run),
    };
    const { released, queue: scheduled } = queue(jumping);
    scheduled.add("in an hour", 3_600_000);
    scheduled.add("in two", 7_200_000);
    offsetMs = 3_600_000;
    await inner.advance(1000);
    expect(released).toEqual(["in an hour"]);
    offsetMs = 0;
    await inner.advance(7_198_000);
    expect(released).toEqual(["in an hour"]);
    await inner.advance(1000);
    expect(released).toEqual(["in an hour", "in two"]);
  });

  it("may get new items from its own releases", async () => {
    const clock = new FakeClock();
    const released: string[] = [];
    const scheduled: EtaQueue<string> = new EtaQueue(clock, (item) => {
      released.push(item);
      if (item === "first") scheduled.add("second", clock.now() + 10);
    });
    scheduled.add("first", 10);
    await clock.advance(20);
    expect(released).toEqual(["first", "second"]);
  });

  it("gives items back: some, or all, which are then never released", async () => {
    const clock = new FakeClock();
    const { released, queue: scheduled } = queue(clock);
    for (const [index, item] of ["a", "b", "c", "d"].entries()) scheduled.add(item, index * 10 + 10);
    expect(scheduled.remove((item) => item < "c")).toEqual(expect.arrayContaining(["a", "b"]));
    expect(scheduled.remove((item) => item === "x")).toEqual([]);
    expect(scheduled.entries()).toEqual([
      { item: "c", dueMs: 30 },
      { item: "d", dueMs: 40 },
    ]);
    await clock.advance(30);
    expect(scheduled.clear()).toEqual(["d"]);
    await clock.advance(100);
    expect([released, scheduled.size, clock.pending]).toEqual([["c"], 0, 0]);
  });
});
