import { describe, expect, it } from "vitest";
import { FakeClock } from "@q/kernel/testing";
import { WorkAhead } from "./work-ahead.ts";
import type { WorkerRequest } from "./worker-request.ts";

const broker = { exactPrefetch: true, returnsUnmarked: true };

/** Four slots, in a pool that takes 32 more for each. */
function workAhead(multiplier: number | "auto" = "auto") {
  const clock = new FakeClock();
  const requests: { running: WorkerRequest[]; waiting: WorkerRequest[] } = { running: [], waiting: [] };
  const returned: WorkerRequest[][] = [];
  const ahead = new WorkAhead({
    clock,
    pool: { slots: 4, capacity: 132 },
    multiplier,
    requests,
    giveBack: (given) => {
      returned.push([...given]);
      requests.waiting = requests.waiting.filter((request) => !given.has(request));
    },
  });
  const end = async (tasks: number, { everyMs }: { everyMs: number }): Promise<void> => {
    for (let n = 0; n < tasks; n++) {
      await clock.advance(everyMs);
      ahead.ended();
    }
  };
  return { ahead, clock, requests, returned, end };
}

function some(count: number): WorkerRequest[] {
  return Array.from({ length: count }, () => ({}) as WorkerRequest);
}

describe("what a worker holds", () => {
  it("is one message per slot before it knows its tasks, and while they are long", async () => {
    const { ahead, end } = workAhead();
    ahead.connect(broker);
    expect(ahead.capacity).toBe(4);
    await end(50, { everyMs: 25 });
    expect(ahead.capacity).toBe(4);
  });

  it("grows to what takes 20 ms while tasks are short, and no further than twice what the pool takes", async () => {
    const { ahead, end } = workAhead();
    ahead.connect(broker);
    await end(100, { everyMs: 2 });
    // 9.99 of 10, for it comes closer and closer.
    expect(ahead.capacity).toBe(4 + 9);
    await end(10_000, { everyMs: 0.01 });
    expect(ahead.capacity).toBe(264);
    await end(50, { everyMs: 25 });
    expect(ahead.capacity).toBe(4);
  });

  it("is as told with a number, and the slots alone where messages cannot go back without a trace", async () => {
    const fixed = workAhead(2);
    fixed.ahead.connect(broker);
    await fixed.end(100, { everyMs: 1 });
    expect(fixed.ahead.capacity).toBe(8);
    expect(workAhead(0).ahead.capacity).toBe(0);
    for (const missing of ["exactPrefetch", "returnsUnmarked"]) {
      const { ahead, end } = workAhead();
      ahead.connect({ ...broker, [missing]: false });
      await end(100, { everyMs: 1 });
      expect(ahead.capacity).toBe(4);
    }
  });
});

describe("requests that wait for a slot", () => {
  it("go back, but for those that slots are free for, when none has moved up for 50 ms", async () => {
    const { ahead, clock, requests, returned, end } = workAhead();
    ahead.connect(broker);
    await end(100, { everyMs: 1 });
    requests.running = some(3);
    requests.waiting = some(10);
    const [first, ...others] = requests.waiting;
    ahead.watch();
    await clock.advance(99);
    expect(returned).toEqual([]);
    await clock.advance(1);
    expect(returned).toEqual([others]);
    expect([requests.waiting, ahead.capacity]).toEqual([[first], 4]);
  });

  it("stay while they move up", async () => {
    const { ahead, clock, requests, returned } = workAhead();
    ahead.connect(broker);
    requests.running = some(4);
    requests.waiting = some(10);
    ahead.watch();
    while (requests.waiting.length > 0) {
      await clock.advance(50);
      requests.waiting = requests.waiting.slice(1);
    }
    await clock.advance(50);
    expect([returned, clock.pending]).toEqual([[], 0]);
  });

  it("stay where the worker was told how many to hold", async () => {
    const { ahead, clock, requests, returned } = workAhead(4);
    ahead.connect(broker);
    requests.running = some(4);
    requests.waiting = some(10);
    ahead.watch();
    await clock.advance(1000);
    expect(returned).toEqual([]);
  });
});
