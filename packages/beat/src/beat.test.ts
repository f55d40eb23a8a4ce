import { ImproperlyConfiguredError } from "@q/kernel";
import { describe, expect, it } from "vitest";
import { Beat } from "./beat.ts";
import { EntryError } from "./errors.ts";
import { occurrenceId } from "./occurrence-id.ts";
import { crontab } from "./schedules/crontab.ts";
import { BeatBench, START } from "./testing/beat-bench.fixture.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

describe("Beat", () => {
  it("sends an interval entry one interval after its start, and then after every interval", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { add: { task: "tasks.add", schedule: 30, args: [16, 16] } } });
    await beat.start();
    await bench.advance(95 * SECOND);
    expect(bench.seconds()).toEqual([30, 60, 90]);
    expect(bench.sent[0]).toMatchObject({ name: "add", task: "tasks.add", args: [16, 16], kwargs: {} });
  });

  it("gives every occurrence an id that any beat works out", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ scope: "proj", entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await bench.advance(10 * SECOND);
    expect(bench.sent.map(({ id }) => id)).toEqual([
      occurrenceId({ scope: "proj", name: "one", at: START + 10 * SECOND }),
    ]);
    expect(bench.sent[0]?.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("does not drift in a year of virtual time", async () => {
    const bench = new BeatBench();
    const entries = {
      hourly: { task: "t", schedule: 3600 },
      daily: { task: "t", schedule: crontab({ minute: 0, hour: 4 }) },
    };
    await using beat = bench.beat({ entries, maxIntervalMs: Infinity });
    await beat.start();
    await bench.advance(365 * 24 * HOUR, HOUR);
    expect(bench.seconds("hourly")).toEqual(Array.from({ length: 8760 }, (_, index) => (index + 1) * 3600));
    expect(bench.seconds("daily")).toEqual(Array.from({ length: 365 }, (_, day) => day * 86_400 + 4 * 3600));
    expect(bench.missed).toEqual([]);
  }, 60_000);

  it("has one timer at rest, however many entries there are", async () => {
    const bench = new BeatBench();
    const entries = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, index) => [
        `entry-${index}`,
        { task: "t", schedule: 3600 + (index % 60) },
      ]),
    );
    await using beat = bench.beat({ entries, maxIntervalMs: Infinity });
    await beat.start();
    await bench.advance(3599 * SECOND, 3599 * SECOND);
    expect(bench.clock.pending).toBe(1);
    expect(bench.sent).toEqual([]);
    await bench.advance(SECOND);
    expect(bench.sent.length).toBe(Math.ceil(100_000 / 60));
  }, 60_000);

  it("calls functions among the arguments when it sends", async () => {
    const bench = new BeatBench();
    const entries = {
      lazy: {
        task: "t",
        schedule: 10,
        args: [() => bench.clock.now()],
        kwargs: { now: () => bench.clock.now() },
      },
    };
    await using beat = bench.beat({ entries });
    await beat.start();
    await bench.advance(10 * SECOND);
    expect(bench.sent[0]).toMatchObject({
      args: [START + 10 * SECOND],
      kwargs: { now: START + 10 * SECOND },
    });
  });

  it("ends an entry after its runs, and keeps to its start and end", async () => {
    const bench = new BeatBench();
    const startAt = new Date(START + 15 * SECOND);
    const entries = {
      thrice: { task: "t", schedule: 10, maxRuns: 3 },
      within: { task: "t", schedule: 10, startAt, endAt: new Date(START + 40 * SECOND) },
      later: { task: "t", schedule: crontab(), startAt: new Date(START + 90 * SECOND) },
    };
    await using beat = bench.beat({ entries });
    await beat.start();
    await bench.advance(200 * SECOND);
    expect(bench.seconds("thrice")).toEqual([10, 20, 30]);
    expect(bench.seconds("within")).toEqual([15, 25, 35]);
    expect(bench.seconds("later")).toEqual([120, 180]);
  });

  it("delays each occurrence by the same jitter in every beat", async () => {
    const benches = [new BeatBench(), new BeatBench()];
    const delays = await Promise.all(
      benches.map(async (bench) => {
        const times: number[] = [];
        bench.send = () => void times.push(bench.clock.now() - START);
        await using beat = bench.beat({ entries: { one: { task: "t", schedule: 60, jitter: 20 } } });
        await beat.start();
        await bench.advance(600 * SECOND);
        return times.map((at, index) => at - (index + 1) * 60 * SECOND);
      }),
    );
    expect(delays[0]).toEqual(delays[1]);
    expect(delays[0]?.length).toBeGreaterThanOrEqual(9);
    expect(new Set(delays[0]).size).toBeGreaterThan(5);
    expect(delays[0]?.every((delay) => delay >= 0 && delay <= 20 * SECOND)).toBe(true);
  });

  it("tries again what could not be sent, until the next occurrence is due", async () => {
    const bench = new BeatBench();
    let failures = 0;
    bench.send = () => {
      if (bench.clock.now() >= START + 25 * SECOND) return;
      failures++;
      throw new Error("broker away");
    };
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await bench.advance(40 * SECOND);
    expect(failures).toBeGreaterThan(4);
    // The one of 10 s was given up when 20 s came; the one of 20 s got through late.
    expect(bench.seconds()).toEqual([20, 30, 40]);
    expect(bench.missed).toMatchObject([{ name: "one", count: 1, from: START + 10 * SECOND }]);
  });

  it("needs one way to send", () => {
    expect(() => new Beat({})).toThrow(ImproperlyConfiguredError);
  });

  it.each([
    ["a field that is not there", { task: "t", schedule: 1, shedule: 2 }, /Did you mean "schedule"/],
    ["no task", { schedule: 1 }, /names no task/],
    ["no schedule", { task: "t" }, /has no schedule/],
    ["a schedule that cannot work", { task: "t", schedule: "99 * * * *" }, /Invalid end range: 99 > 59/],
    [
      "a zone that is not there",
      { task: "t", schedule: 1, timeZone: "Mars/Base" },
      /no time zone "Mars\/Base"/,
    ],
    ["arguments that are no list", { task: "t", schedule: 1, args: 5 }, /args is not a list/],
  ])("refuses an entry with %s, and names it", (_title, entry, message) => {
    const make = (): Beat => new Beat({ send: () => {}, entries: { broken: entry as never } });
    expect(make).toThrow(EntryError);
    expect(make).toThrow(message);
    expect(make).toThrow(/entry "broken"/);
  });
});

describe("changes while a beat runs", () => {
  it("adds, changes and removes entries", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({});
    await beat.start();
    await beat.add("new", { task: "t", schedule: 10 });
    await bench.advance(20 * SECOND);
    await beat.change("new", { schedule: 7 });
    await bench.advance(14 * SECOND);
    expect(await beat.remove("new")).toBe(true);
    await bench.advance(60 * SECOND);
    expect(bench.seconds()).toEqual([10, 20, 27, 34]);
    expect(await beat.remove("new")).toBe(false);
  });

  it("pauses and resumes; what was missed meanwhile is one run", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await bench.advance(10 * SECOND);
    await beat.pause("one");
    await bench.advance(35 * SECOND);
    expect(bench.seconds()).toEqual([10]);
    await beat.resume("one");
    await bench.advance(5 * SECOND);
    expect(bench.seconds()).toEqual([10, 40, 50]);
  });

  it("runs an entry out of turn", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 3600, args: [1] } } });
    await beat.start();
    const id = await beat.runNow("one");
    await bench.advance(1);
    expect(bench.sent).toMatchObject([{ id, name: "one", task: "t", args: [1] }]);
    expect((await bench.store.load()).requests).toEqual([]);
  });

  it("lets an entry of the program come back when its replacement is removed", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "own", schedule: 10 } } });
    await beat.start();
    await beat.add("one", { task: "other", schedule: 10 });
    await bench.advance(10 * SECOND);
    await beat.remove("one");
    await bench.advance(10 * SECOND);
    expect(bench.sent.map(({ task }) => task)).toEqual(["other", "own"]);
  });

  it("says what there is and when it comes next", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await beat.add("two", { task: "t", schedule: "0 4 * * *" });
    await beat.pause("two");
    await bench.advance(10 * SECOND);
    expect(await beat.list()).toMatchObject([
      { name: "one", isEnabled: true, totalRunCount: 1, nextRunAt: new Date(START + 20 * SECOND) },
      { name: "two", isEnabled: false, isStored: true, totalRunCount: 0, nextRunAt: null },
    ]);
    expect(await beat.next("one", 2)).toEqual([new Date(START + 20 * SECOND), new Date(START + 30 * SECOND)]);
    await expect(beat.next("three")).rejects.toThrow(/no entry "three". Entries: one, two/);
  });

  it("leaves out an entry of the store that cannot be read, and says so", async () => {
    const bench = new BeatBench();
    await bench.store.change({
      kind: "put",
      name: "broken",
      definition: { task: "t", schedule: "nonsense" },
    });
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10]);
    expect(bench.logger.lines).toContainEqual(
      expect.objectContaining({ level: "error", message: "an entry in the store cannot be used" }),
    );
  });

  it("refuses to store what would be lost on the way", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({});
    await expect(beat.add("one", { task: "t", schedule: 10, args: [() => 1] })).rejects.toThrow(/function/);
  });
});
