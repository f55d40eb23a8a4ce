import { mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClosedError, deferred, sleep } from "@q/kernel";
import { describe, expect, it } from "vitest";
import type { Lease } from "./contracts.ts";
import { BeatStoreError } from "./errors.ts";
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
  });

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
  });

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
});

describe("the life of a beat", () => {
  const entries = { one: { task: "t", schedule: 10 } };

  it("may be started again when the store could not be used", async () => {
    const bench = new BeatBench();
    let isAway = true;
    const store = bench.storeWith({
      acquire: (holder, ttlMs) =>
        isAway ? Promise.reject(new Error("away")) : bench.store.acquire(holder, ttlMs),
    });
    await using beat = bench.beat({ entries, store });
    await expect(beat.start()).rejects.toThrow("away");
    isAway = false;
    await beat.start();
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10]);
  });

  it("opens a store once more that could not be opened", async () => {
    const bench = new BeatBench();
    const folder = await mkdtemp(join(tmpdir(), "q-beat-"));
    try {
      await mkdir(join(folder, "schedule"));
      await using beat = bench.beat({ entries, store: join(folder, "schedule") });
      await expect(beat.start()).rejects.toThrow(BeatStoreError);
      await rmdir(join(folder, "schedule"));
      await beat.start();
      expect(beat.isLeading).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("is started once, by however many", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries });
    await Promise.all([beat.start(), beat.start()]);
    await beat.start();
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10]);
  });

  it("ends at once when its signal has aborted, also while it starts", async () => {
    const bench = new BeatBench({ isShared: true });
    const before = bench.beat({ entries });
    await before.start(AbortSignal.abort());
    await expect(before.start()).rejects.toThrow(ClosedError);
    const during = bench.beat({ entries });
    const starting = during.start();
    await during.stop();
    await starting;
    expect(during.isLeading).toBe(false);
    // The lease was given back.
    expect(await bench.store.acquire("another", 1000)).toBeDefined();
    await bench.advance(20 * SECOND);
    expect(bench.sent).toEqual([]);
  });

  it("has recorded what it sent when it has stopped", async () => {
    const bench = new BeatBench();
    const saves: Promise<void>[] = [];
    const store = bench.storeWith({
      save: async (states, lease) => {
        const saved = sleep(100, { clock: bench.clock }).then(() => bench.store.save(states, lease));
        saves.push(saved);
        return saved;
      },
    });
    const sending = deferred();
    bench.send = () => sending.promise;
    const beat = bench.beat({ entries, store });
    const started = beat.start();
    await bench.advance(SECOND);
    await started;
    await bench.advance(10 * SECOND);
    const stopped = beat.stop().then(() => bench.store.load());
    sending.resolve();
    await bench.advance(SECOND);
    expect((await stopped).entries[0]?.state).toMatchObject({ pending: [], totalRunCount: 1 });
    expect(await Promise.all(saves)).toHaveLength(3);
  });
});

describe("a store that refuses", () => {
  it("sends nothing that is not recorded, and takes nothing back that is", async () => {
    const bench = new BeatBench();
    let isBroken = false;
    const store = bench.storeWith({
      save: async (states, lease) => {
        if (!isBroken) return bench.store.save(states, lease);
        await sleep(SECOND, { clock: bench.clock });
        throw new Error("disk full");
      },
    });
    const first = deferred();
    bench.send = () => (bench.sent.length === 0 ? first.promise : undefined);
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10, misfire: "all" } }, store });
    await beat.start();
    await bench.advance(10 * SECOND);
    isBroken = true;
    await bench.advance(10.5 * SECOND);
    // While the claim of the second is on its way.
    first.resolve();
    await bench.advance(2 * SECOND);
    expect(bench.seconds()).toEqual([10]);
    isBroken = false;
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10, 20, 30]);
    expect((await bench.store.load()).entries[0]?.state).toMatchObject({ pending: [], totalRunCount: 3 });
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

  it("makes an entry of the program what the program says, when its pause is removed", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await beat.pause("one");
    expect(await beat.remove("one")).toBe(true);
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10]);
    expect(await beat.remove("one")).toBe(false);
    // Of a program that is gone.
    await bench.store.change({ kind: "enable", name: "gone", enabled: false });
    expect(await beat.remove("gone")).toBe(true);
    expect((await bench.store.load()).entries.map(({ name }) => name)).toEqual(["one"]);
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
    for (const count of [Infinity, -1, 1.5, Number.NaN, 100_001])
      await expect(beat.next("one", count)).rejects.toMatchObject({ code: "ERR_Q_BEAT_ENTRY" });
    expect(await beat.next("one", 0)).toEqual([]);
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

  it("keeps an entry of the store that cannot be read, and how far it has come", async () => {
    const bench = new BeatBench();
    const lease = await bench.store.acquire("another version", 1000);
    const state = { identity: "x", since: START, lastRunAt: START, totalRunCount: 7, pending: [] };
    const definition = { task: "t", schedule: { lunar: "full" } };
    await bench.store.change({ kind: "put", name: "newer", definition });
    await bench.store.save(new Map([["newer", state]]), lease as Lease);
    await bench.store.release(lease as Lease);
    await using beat = bench.beat({});
    await beat.start();
    expect((await bench.store.load()).entries).toEqual([{ name: "newer", definition, enabled: null, state }]);
  });

  it("goes on with the program's entry when what replaces it cannot be read", async () => {
    const bench = new BeatBench();
    await bench.store.change({ kind: "put", name: "one", definition: { task: "t" } });
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } } });
    await beat.start();
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10]);
  });

  it("reads from the store what was changed, not everything", async () => {
    const bench = new BeatBench();
    const entries = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`entry-${index}`, { task: "t", schedule: 3600 }]),
    );
    const read: number[] = [];
    const store = bench.storeWith({
      load: async (query) => {
        const answer = await bench.store.load(query);
        read.push(answer.entries.length);
        return answer;
      },
    });
    await using beat = bench.beat({ entries, store });
    await beat.start();
    await beat.pause("entry-7");
    await beat.runNow("entry-8");
    await bench.advance(SECOND);
    expect(bench.sent).toHaveLength(1);
    expect(Math.max(...read)).toBe(1);
  });

  it("goes on from what it has claimed when an entry is paused and resumed at that moment", async () => {
    const bench = new BeatBench();
    const claimed = deferred();
    const store = bench.storeWith({
      save: async (states, lease) => {
        if ([...states.values()].some(({ pending }) => pending.length > 0)) await claimed.promise;
        return bench.store.save(states, lease);
      },
    });
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10 } }, store });
    await beat.start();
    await bench.advance(10 * SECOND);
    await beat.pause("one");
    await beat.resume("one");
    claimed.resolve();
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual([10, 20]);
  });

  it("counts an entry that was never enabled from when it is resumed", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({ entries: { one: { task: "t", schedule: 10, enabled: false } } });
    await beat.start();
    await bench.advance(65 * SECOND);
    await beat.resume("one");
    await bench.advance(20 * SECOND);
    expect(bench.seconds()).toEqual([75, 85]);
  });

  it("runs a paused entry out of turn", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({});
    await beat.start();
    await beat.add("one", { task: "t", schedule: 3600, enabled: false });
    await beat.runNow("one");
    await bench.advance(SECOND);
    expect(bench.sent).toMatchObject([{ name: "one" }]);
  });

  it("does not bring back an entry that is removed while it is sent", async () => {
    const bench = new BeatBench();
    const sent = deferred();
    bench.send = () => sent.promise;
    await using beat = bench.beat({});
    await beat.start();
    await beat.add("one", { task: "t", schedule: 10 });
    await bench.advance(10 * SECOND);
    await beat.remove("one");
    sent.resolve();
    await bench.advance(SECOND);
    expect((await bench.store.load()).entries).toEqual([]);
  });

  it("tells the occurrences to come, as many as an entry still has, also when no beat runs", async () => {
    const bench = new BeatBench();
    const entries = {
      thrice: { task: "t", schedule: 60, maxRuns: 3 },
      later: { task: "t", schedule: 60, startAt: new Date(START + 90 * SECOND) },
    };
    const beat = bench.beat({ entries });
    await beat.start();
    await bench.advance(60 * SECOND);
    await beat.stop();
    await bench.advance(155 * SECOND);
    await using later = bench.beat({ entries });
    const seconds = (times: readonly Date[]): number[] => times.map((at) => (at.getTime() - START) / SECOND);
    expect(seconds(await later.next("thrice", 10))).toEqual([240, 300]);
    expect(seconds(await later.next("later", 2))).toEqual([270, 330]);
    await expect(later.next("thrise")).rejects.toThrow(/no entry "thrise". Did you mean "thrice"/);
  });

  it("refuses to store what would be lost on the way", async () => {
    const bench = new BeatBench();
    await using beat = bench.beat({});
    await expect(beat.add("one", { task: "t", schedule: 10, args: [() => 1] })).rejects.toThrow(/function/);
  });
});
