import { describe, expect, it } from "vitest";
import { type Clock, deferred } from "@q/kernel";
import type { FakeClock } from "@q/kernel/testing";
import type { EntryOptions } from "./entry.ts";
import { crontab } from "./schedules/crontab.ts";
import { BeatBench, START } from "./testing/beat-bench.fixture.ts";

const SECOND = 1000;

/** What is sent after a beat was away for 65 seconds, from 10 s to 75 s. */
async function afterAbsence(fields: Partial<EntryOptions>): Promise<BeatBench> {
  const bench = new BeatBench();
  const entries = { one: { task: "t", schedule: 10, ...fields } };
  const first = bench.beat({ entries });
  await first.start();
  await bench.advance(10 * SECOND);
  await first.stop();
  await bench.advance(65 * SECOND);
  bench.sent.length = 0;
  await using second = bench.beat({ entries });
  await second.start();
  await bench.advance(5 * SECOND);
  return bench;
}

describe("occurrences that were missed", () => {
  it("sends the latest, and reports the others", async () => {
    const bench = await afterAbsence({ misfire: "once" });
    expect(bench.seconds()).toEqual([70, 80]);
    expect(bench.missed).toMatchObject([{ name: "one", count: 5, from: START + 20_000, to: START + 60_000 }]);
  });

  it("sends all of them", async () => {
    const bench = await afterAbsence({ misfire: "all" });
    expect(bench.seconds()).toEqual([20, 30, 40, 50, 60, 70, 80]);
    expect(bench.missed).toEqual([]);
  });

  it("sends those that are not too old", async () => {
    const bench = await afterAbsence({ misfire: "all", misfireWindow: 30 });
    expect(bench.seconds()).toEqual([50, 60, 70, 80]);
    expect(bench.missed).toMatchObject([{ count: 3 }]);
  });

  it("skips them, but for one that is as good as on time", async () => {
    expect((await afterAbsence({ misfire: "skip" })).seconds()).toEqual([70, 80]);
    expect((await afterAbsence({ misfire: "skip", schedule: 60 })).seconds()).toEqual([]);
  });

  it("takes Celery's deadline for crontabs only", async () => {
    const bench = new BeatBench();
    const entries = {
      cron: { task: "t", schedule: crontab({ minute: 0 }) },
      interval: { task: "t", schedule: 3600 },
    };
    const first = bench.beat({ entries });
    await first.start();
    await first.stop();
    await bench.advance(4000 * SECOND);
    await using second = bench.beat({ entries, cronStartingDeadline: 60 });
    await second.start();
    await bench.advance(SECOND);
    expect(bench.sent.map(({ name }) => name)).toEqual(["interval"]);
    expect(bench.missed).toMatchObject([{ name: "cron", count: 1 }]);
  });

  it("counts a long absence without looking at every second of it", async () => {
    const bench = new BeatBench();
    const entries = { one: { task: "t", schedule: 1 } };
    const first = bench.beat({ entries });
    await first.start();
    await first.stop();
    await bench.advance(365 * 86_400 * SECOND, 365 * 86_400 * SECOND);
    await using second = bench.beat({ entries });
    await second.start();
    await bench.advance(SECOND);
    expect(bench.seconds()).toEqual([365 * 86_400, 365 * 86_400 + 1]);
    expect(bench.missed).toMatchObject([{ isMore: true, from: START + SECOND }]);
  });
});

describe("runs that overlap", () => {
  it("are allowed by default", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } }, isRunning: () => true });
    await beat.start();
    await bench.advance(30 * SECOND);
    expect(bench.seconds()).toEqual([10, 20, 30]);
  });

  it("are left out while the program says that the last one goes on", async () => {
    const bench = new BeatBench();
    const asked: string[] = [];
    const isRunning = ({ id }: { id: string }): boolean => {
      asked.push(id);
      return bench.clock.now() < START + 35 * SECOND;
    };
    await using beat = bench.beat({
      entries: { one: { task: "t", schedule: 10, overlap: "skip" } },
      isRunning,
    });
    await beat.start();
    await bench.advance(50 * SECOND);
    expect(bench.seconds()).toEqual([10, 40, 50]);
    expect(new Set(asked)).toEqual(new Set([bench.sent[0]?.id, bench.sent[1]?.id]));
  });

  it("are left out when several are made up for at once", async () => {
    const left: Date[] = [];
    const bench = new BeatBench();
    const options = {
      entries: { one: { task: "t", schedule: 10, misfire: "all", overlap: "skip" } as const },
      on: { overlapped: (_name: string, at: Date) => void left.push(at) },
    };
    const first = bench.beat(options);
    await first.start();
    await first.stop();
    await bench.advance(35 * SECOND);
    await using second = bench.beat(options);
    await second.start();
    await bench.advance(5 * SECOND);
    expect(bench.seconds()).toEqual([10, 40]);
    expect(left).toEqual([new Date(START + 20 * SECOND), new Date(START + 30 * SECOND)]);
  });

  it("are not sent when the entry is paused while it is asked whether the last one goes on", async () => {
    const bench = new BeatBench();
    const asked = deferred<boolean>();
    await using beat = bench.beat({
      entries: { one: { task: "t", schedule: 10, overlap: "skip" } },
      isRunning: () => asked.promise,
    });
    await beat.start();
    await bench.advance(20 * SECOND);
    await beat.pause("one");
    asked.resolve(false);
    await bench.advance(15 * SECOND);
    expect(bench.seconds()).toEqual([10]);
  });

  it("are left out while the sender has not answered", async () => {
    const bench = new BeatBench();
    bench.send = () =>
      new Promise((resolve) => void bench.clock.schedule(25 * SECOND, () => resolve(undefined)));
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10, overlap: "skip" } } });
    await beat.start();
    await bench.advance(75 * SECOND);
    expect(bench.seconds()).toEqual([10, 40]);
    bench.send = () => {};
    await bench.advance(30 * SECOND);
  });
});

/** A clock whose wall can be set. */
class SettableClock implements Clock {
  readonly base: FakeClock;
  shiftMs = 0;

  constructor(base: FakeClock) {
    this.base = base;
  }

  now(): number {
    return this.base.now() + this.shiftMs;
  }

  monotonic(): number {
    return this.base.monotonic();
  }

  schedule(delayMs: number, run: () => void): () => void {
    return this.base.schedule(delayMs, run);
  }
}

describe("a clock that is set", () => {
  const entries = {
    interval: { task: "t", schedule: 60 },
    cron: { task: "t", schedule: crontab() },
  };

  it("does not repeat a crontab when it is put back, and lets intervals go on", async () => {
    const bench = new BeatBench();
    const clock = new SettableClock(bench.clock);
    const sentAt: [string, number][] = [];
    bench.send = ({ name }) => void sentAt.push([name, (bench.clock.now() - START) / SECOND]);
    await using beat = bench.beat({ entries, clock, maxIntervalMs: 10 * SECOND });
    await beat.start();
    await bench.advance(120 * SECOND);
    clock.shiftMs = -100 * SECOND;
    await bench.advance(180 * SECOND);
    expect(sentAt.filter(([name]) => name === "interval").map(([, at]) => at)).toEqual([
      60, 120, 180, 240, 300,
    ]);
    // The minute that was there already does not come again: 180 s of the wall are 280 s of the test.
    expect(sentAt.filter(([name]) => name === "cron").map(([, at]) => at)).toEqual([60, 120, 280]);
  });

  it("treats what was jumped over as missed", async () => {
    const bench = new BeatBench();
    const clock = new SettableClock(bench.clock);
    await using beat = bench.beat({ entries, clock, maxIntervalMs: 10 * SECOND });
    await beat.start();
    await bench.advance(60 * SECOND);
    clock.shiftMs = 3600 * SECOND;
    await bench.advance(10 * SECOND);
    expect(bench.seconds("cron")).toEqual([60, 3660]);
    expect(bench.seconds("interval")).toEqual([60, 3660]);
    expect(bench.missed).toMatchObject([{ count: 59 }, { count: 59 }]);
  });
});
