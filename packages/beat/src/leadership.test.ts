import { describe, expect, it } from "vitest";
import type { Beat } from "./beat.ts";
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
function cutOff(bench: BeatBench, isCut: () => boolean): BeatBench["store"] {
  return new Proxy(bench.store, {
    get(store, name) {
      const member: unknown = Reflect.get(store, name, store);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]): Promise<unknown> => {
        if (isCut()) throw new Error("the network is down");
        return (member as (...args: unknown[]) => unknown).apply(store, args);
      };
    },
  });
}
