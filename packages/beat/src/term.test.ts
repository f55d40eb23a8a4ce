import { deferred, sleep } from "@q/kernel";
import { describe, expect, it } from "vitest";
import type { EntryState, Lease } from "./contracts.ts";
import type { EntryOptions } from "./entry.ts";
import { BeatBench, START } from "./testing/beat-bench.fixture.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Writes a state as a beat that was there before has left it. */
async function leave(bench: BeatBench, name: string, state: Partial<EntryState>): Promise<void> {
  const lease = (await bench.store.acquire("before", SECOND)) as Lease;
  const whole = {
    identity: "<freq: 10.00 seconds> UTC",
    since: START,
    lastRunAt: null,
    totalRunCount: 0,
    pending: [],
    ...state,
  };
  await bench.store.save(new Map([[name, whole]]), lease);
  await bench.store.release(lease);
}

describe("the question whether the last run has ended", () => {
  it("holds up its own entry only, and that not for ever", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({
      entries: {
        asked: { task: "t", schedule: 10, overlap: "skip" },
        other: { task: "t", schedule: 5 },
      },
      isRunning: () => new Promise(() => {}),
    });
    await beat.start();
    await bench.advance(40 * SECOND);
    expect(bench.seconds("other")).toEqual([5, 10, 15, 20, 25, 30, 35, 40]);
    expect(bench.seconds("asked").slice(0, 3)).toEqual([10, 20, 30]);
    expect(bench.logger.lines).toContainEqual(
      expect.objectContaining({ message: "cannot tell whether the last run has ended" }),
    );
  });

  it("ends with the beat, and is no trouble then", async () => {
    const bench = new BeatBench();
    const beat = bench.beat({
      entries: { one: { task: "t", schedule: 10, overlap: "skip" } },
      isRunning: () => new Promise(() => {}),
    });
    await beat.start();
    await bench.advance(21 * SECOND);
    await beat.stop();
    expect(bench.seconds()).toEqual([10]);
    expect(bench.logger.lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("is not asked twice of an entry that is changed meanwhile", async () => {
    const bench = new BeatBench();
    const answer = deferred<boolean>();
    let asked = 0;
    await using beat = bench.beat({
      entries: { one: { task: "old", schedule: 10, overlap: "skip" } },
      isRunning: () => (asked++, answer.promise),
    });
    await beat.start();
    await bench.advance(20 * SECOND);
    await beat.change("one", { task: "new" });
    await bench.advance(SECOND);
    answer.resolve(false);
    await bench.advance(SECOND);
    expect(asked).toBe(2);
    expect(bench.sent.map(({ task }) => task)).toEqual(["old", "new"]);
    expect(bench.seconds()).toEqual([10, 20]);
  });
});

describe("what a beat finds in its store", () => {
  it("keeps an entry paused that another program has, and this one does not", async () => {
    const bench = new BeatBench();
    await using old = bench.beat({});
    await old.start();
    const entries = { nightly: { task: "t", schedule: 10 } };
    await bench.beat({ entries }).pause("nightly");
    await old.add("any", { task: "t", schedule: HOUR });
    await old.stop();
    await using next = bench.beat({ entries });
    await next.start();
    await bench.advance(30 * SECOND);
    expect(bench.seconds("nightly")).toEqual([]);
  });

  it("counts an interval from now that was recorded by a clock far ahead", async () => {
    const bench = new BeatBench();
    await leave(bench, "one", { since: START + 1000 * HOUR, totalRunCount: 3 });
    await leave(bench, "close", { since: START + 5 * SECOND });
    await using beat = bench.beat({
      entries: { one: { task: "t", schedule: 10 }, close: { task: "t", schedule: 10 } },
    });
    await beat.start();
    await bench.advance(30 * SECOND);
    expect(bench.seconds("one")).toEqual([10, 20, 30]);
    // The clocks of two machines are never the same.
    expect(bench.seconds("close")).toEqual([15, 25]);
  });

  it("sends what was claimed when its entry is resumed", async () => {
    const bench = new BeatBench();
    await leave(bench, "one", { since: START + 10 * SECOND, pending: [START + 10 * SECOND] });
    await bench.advance(12 * SECOND);
    const entries = { one: { task: "t", schedule: 10 } };
    await bench.beat({ entries }).pause("one");
    await using beat = bench.beat({ entries });
    await beat.start();
    await bench.advance(SECOND);
    expect(bench.seconds()).toEqual([]);
    await beat.resume("one");
    await bench.advance(SECOND);
    expect(bench.seconds()).toEqual([10]);
    await beat.pause("one");
    await beat.resume("one");
    await bench.advance(SECOND);
    expect(bench.seconds()).toEqual([10]);
  });

  it.each<[Partial<EntryOptions>, number[]]>([
    [{ misfire: "skip" }, []],
    [{ misfireWindow: 60 }, []],
    [{ misfireWindow: 7200 }, [10]],
    [{}, [10]],
  ])("sends what was claimed long ago as %j says", async (fields, seconds) => {
    const bench = new BeatBench();
    const identity = "<freq: 10.00 hours> UTC";
    await leave(bench, "one", { identity, since: START + 10 * SECOND, pending: [START + 10 * SECOND] });
    await bench.advance(HOUR, HOUR);
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 36_000, ...fields } } });
    await beat.start();
    await bench.advance(SECOND);
    expect(bench.seconds()).toEqual(seconds);
    expect(bench.missed).toHaveLength(1 - seconds.length);
    expect((await bench.store.load()).entries[0]?.state?.pending).toEqual([]);
  });
});

describe("an entry that is written anew", () => {
  it("has all of its runs again when its schedule is another one", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({});
    await beat.start();
    const once = (seconds: number): EntryOptions => ({
      task: "t",
      schedule: { clocked: START + seconds * SECOND },
      maxRuns: 1,
    });
    await beat.add("one", once(10));
    await bench.advance(20 * SECOND);
    await beat.add("one", once(30));
    await bench.advance(20 * SECOND);
    expect(bench.seconds()).toEqual([10, 30]);
  });

  it("leaves nothing behind when it is removed while its claim waits for the store", async () => {
    const bench = new BeatBench();
    let isSlow = false;
    const store = bench.storeWith({
      save: async (states, lease) => {
        if (isSlow) await sleep(2 * SECOND, { clock: bench.clock });
        return bench.store.save(states, lease);
      },
    });
    await using beat = bench.beat({ entries: { other: { task: "t", schedule: 9.5 } }, store });
    await beat.start();
    await beat.add("one", { task: "t", schedule: 10 });
    isSlow = true;
    await bench.advance(12 * SECOND);
    const removed = beat.remove("one");
    isSlow = false;
    await bench.advance(5 * SECOND);
    await removed;
    expect((await bench.store.load()).entries.map(({ name }) => name)).toEqual(["other"]);
  });
});

describe("jitter", () => {
  it("never reaches beyond the next occurrence, so that none is missed for it", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10, jitter: 60 } } });
    await beat.start();
    await bench.advance(300 * SECOND, 100);
    expect(bench.missed).toEqual([]);
    expect(bench.seconds().length).toBeGreaterThanOrEqual(29);
  });
});

describe("a long absence", () => {
  it("is made up for by all runs in the window, the latest thousand", async () => {
    const bench = new BeatBench();
    const entries = { one: { task: "t", schedule: 1, misfire: "all", misfireWindow: 60 } } as const;
    const first = bench.beat({ entries });
    await first.start();
    await first.stop();
    await bench.advance(20_000 * SECOND, 20_000 * SECOND);
    await using second = bench.beat({ entries });
    await second.start();
    await bench.advance(1);
    expect(bench.seconds()).toEqual(Array.from({ length: 61 }, (_, index) => 19_940 + index));
    expect(bench.missed).toMatchObject([{ from: START + SECOND, to: START + 19_939 * SECOND }]);
  });
});
