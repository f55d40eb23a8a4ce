import { deferred, sleep } from "@q/kernel";
import { describe, expect, it } from "vitest";
import type { Beat } from "./beat.ts";
import type { BeatStore } from "./contracts.ts";
import { START, BeatBench } from "./testing/beat-bench.fixture.ts";

const SECOND = 1000;
const entries = { one: { task: "t", schedule: 1 } };

async function three(bench: BeatBench): Promise<[Beat, Beat, Beat]> {
  const beats: [Beat, Beat, Beat] = [
    bench.beat({ entries }),
    bench.beat({ entries }),
    bench.beat({ entries }),
  ];
  for (const beat of beats) await beat.start();
  return beats;
}

const stopAll = async (beats: readonly Beat[]): Promise<void> => {
  await Promise.all(beats.map((beat) => beat.stop()));
};

describe("several beats on one store", () => {
  it("has one that sends", async () => {
    const bench = new BeatBench({ isShared: true });
    const beats = await three(bench);
    await bench.advance(60 * SECOND);
    expect(bench.seconds()).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(beats.map((beat) => beat.isLeading)).toEqual([true, false, false]);
    await stopAll(beats);
  });

  it("hands over at once when the leader stops, and nothing is lost or doubled", async () => {
    const bench = new BeatBench({ isShared: true });
    const beats = await three(bench);
    await bench.advance(10.5 * SECOND);
    await beats[0].stop();
    await bench.advance(10 * SECOND);
    expect(bench.seconds()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(beats.filter((beat) => beat.isLeading)).toHaveLength(1);
    await stopAll(beats);
  });

  it("takes over within five seconds from a leader that falls silent, which then sends nothing more", async () => {
    const bench = new BeatBench({ isShared: true });
    const leader = bench.beat({
      entries,
      store: cutOff(bench, () => bench.clock.now() >= START + 10 * SECOND),
    });
    const follower = bench.beat({ entries });
    await leader.start();
    await follower.start();
    await bench.advance(15 * SECOND);
    expect([leader.isLeading, follower.isLeading]).toEqual([false, true]);
    await bench.advance(15 * SECOND);
    const ids = bench.sent.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const accounted = bench.sent.length + bench.missed.reduce((sum, { count }) => sum + count, 0);
    expect(accounted).toBe(30);
    await stopAll([leader, follower]);
  });

  it("sends again, under the same id, what a dead leader had claimed", async () => {
    const bench = new BeatBench({ isShared: true });
    const never = new Promise(() => {});
    const dying = bench.beat({
      entries: { one: { task: "t", schedule: 60 } },
      send: () => never,
      store: cutOff(bench, () => bench.clock.now() >= START + 61 * SECOND),
    });
    await dying.start();
    await bench.advance(62 * SECOND);
    const claimed = (await bench.store.load()).entries[0]?.state;
    expect(claimed).toMatchObject({ pending: [START + 60 * SECOND], totalRunCount: 1 });
    const heir = bench.beat({ entries: { one: { task: "t", schedule: 60 } } });
    await heir.start();
    await bench.advance(5 * SECOND);
    expect(bench.seconds()).toEqual([60]);
    expect((await bench.store.load()).entries[0]?.state).toMatchObject({ pending: [], totalRunCount: 1 });
    await heir.stop();
  });

  it("keeps its lease while it reads a schedule for longer than a lease lasts", async () => {
    const bench = new BeatBench({ isShared: true });
    let loads = 0;
    const store = bench.storeWith({
      load: async (query) => {
        if (loads++ === 0) await sleep(20 * SECOND, { clock: bench.clock });
        return bench.store.load(query);
      },
    });
    const slow = bench.beat({ entries, store });
    const started = slow.start();
    await bench.advance(5 * SECOND);
    const other = bench.beat({ entries });
    await other.start();
    await bench.advance(20 * SECOND);
    await started;
    expect([slow.isLeading, other.isLeading]).toEqual([true, false]);
    await stopAll([slow, other]);
  });

  it("sends nothing of what waits for its turn when the lease has ended meanwhile", async () => {
    const bench = new BeatBench({ isShared: true });
    const names = Array.from({ length: 600 }, (_, index) => `entry-${index}`);
    const many = Object.fromEntries(names.map((name) => [name, { task: "t", schedule: 60 }]));
    const blocked = deferred();
    bench.send = () => blocked.promise;
    const frozen = bench.beat({
      entries: many,
      store: cutOff(bench, () => bench.clock.now() >= START + 61 * SECOND),
    });
    await frozen.start();
    await bench.advance(70 * SECOND);
    expect(frozen.isLeading).toBe(false);
    blocked.resolve();
    await bench.advance(SECOND);
    // The sender had taken 500 at once; the others are their heir's.
    expect(bench.sent).toHaveLength(500);
    const heir = bench.beat({ entries: many });
    await heir.start();
    await bench.advance(5 * SECOND);
    expect(new Set(bench.sent.map(({ name }) => name)).size).toBe(600);
    await stopAll([frozen, heir]);
  });

  it("takes in a change that a follower makes", async () => {
    const bench = new BeatBench({ isShared: true });
    const beats = await three(bench);
    await bench.advance(3 * SECOND);
    await beats[2].pause("one");
    await bench.advance(2 * SECOND);
    const before = bench.sent.length;
    await bench.advance(20 * SECOND);
    expect(bench.sent.length).toBe(before);
    await stopAll(beats);
  });
});

/** The store of the bench, as seen by a beat whose network breaks. */
function cutOff(bench: BeatBench, isCut: () => boolean): BeatStore {
  const through = <TResult>(work: () => Promise<TResult>): Promise<TResult> =>
    isCut() ? Promise.reject(new Error("the network is down")) : work();
  const { store } = bench;
  return bench.storeWith({
    save: (states, lease) => through(() => store.save(states, lease)),
    acquire: (holder, ttlMs) => through(() => store.acquire(holder, ttlMs)),
    renew: (lease, ttlMs) => through(() => store.renew(lease, ttlMs)),
    release: (lease) => through(() => store.release(lease)),
  });
}
