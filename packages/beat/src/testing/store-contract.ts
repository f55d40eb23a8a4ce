import assert from "node:assert/strict";
import type { BeatStore, EntryState, Lease } from "../contracts.ts";

/** Opens the store of one case once more: what one handle writes, the others must see. */
export type OpenBeatStore = () => Promise<BeatStore>;

/** One thing a store must do. `needs: "shared"` is for stores that several beats may use at once. */
export interface StoreCase {
  readonly title: string;
  readonly needs?: "shared";
  readonly run: (open: OpenBeatStore) => Promise<void>;
}

const state = (since: number, more: Partial<EntryState> = {}): EntryState => ({
  identity: "<freq: 10.00 seconds> UTC",
  since,
  lastRunAt: since,
  totalRunCount: 1,
  pending: [],
  ...more,
});

const TTL_MS = 60_000;

async function lead(store: BeatStore, holder = "one"): Promise<Lease> {
  const lease = await store.acquire(holder, TTL_MS);
  assert.ok(lease, "the lease is free");
  return lease;
}

const isFenced = (error: unknown): boolean => (error as { code?: string }).code === "ERR_Q_BEAT_FENCED";

/** What every store of a schedule must do; runs with any test runner. */
export const storeContract: readonly StoreCase[] = [
  {
    title: "begins empty",
    run: async (open) => {
      await using store = await open();
      const { entries, requests } = await store.load();
      assert.deepEqual([entries, requests], [[], []]);
    },
  },
  {
    title: "keeps states, for whoever opens it next",
    run: async (open) => {
      const at = Date.parse("2026-11-21T10:00:00.123Z");
      {
        await using store = await open();
        const lease = await lead(store);
        await store.save(
          new Map([["Ünïcode 'quoted' \"name\"", state(at, { pending: [at - 1, at] })]]),
          lease,
        );
        await store.save(new Map([["never", state(at, { lastRunAt: null, totalRunCount: 0 })]]), lease);
        await store.release(lease);
      }
      await using store = await open();
      const { entries } = await store.load();
      const states = new Map(entries.map((one) => [one.name, one.state]));
      assert.deepEqual(states.get("Ünïcode 'quoted' \"name\""), state(at, { pending: [at - 1, at] }));
      assert.deepEqual(states.get("never"), state(at, { lastRunAt: null, totalRunCount: 0 }));
    },
  },
  {
    title: "replaces states, many at a time",
    run: async (open) => {
      await using store = await open();
      const lease = await lead(store);
      const names = Array.from({ length: 500 }, (_, index) => `entry-${index}`);
      for (const since of [1, 2]) await store.save(new Map(names.map((name) => [name, state(since)])), lease);
      const { entries } = await store.load();
      assert.equal(entries.length, 500);
      assert.ok(entries.every((one) => one.state?.since === 2));
      await store.save(new Map(), lease);
    },
  },
  {
    title: "forgets entries",
    run: async (open) => {
      await using store = await open();
      const lease = await lead(store);
      await store.save(new Map(["a", "b", "c"].map((name) => [name, state(1)])), lease);
      await store.forget(["a", "c", "not there"], lease);
      const { entries } = await store.load();
      assert.deepEqual(
        entries.map(({ name }) => name),
        ["b"],
      );
    },
  },
  {
    title: "keeps definitions beside states, and changes its version with them",
    run: async (open) => {
      await using store = await open();
      const lease = await lead(store);
      await store.save(new Map([["a", state(1)]]), lease);
      const before = (await store.load()).version;
      const definition = { task: "t", schedule: { every: 10 }, args: ["ä", null, { deep: [1.5] }] };
      await store.change({ kind: "put", name: "a", definition });
      await store.change({ kind: "enable", name: "a", enabled: false });
      await store.change({ kind: "enable", name: "new", enabled: false });
      const loaded = await store.load();
      assert.ok(loaded.version > before);
      const entries = new Map(loaded.entries.map((one) => [one.name, one]));
      assert.deepEqual(entries.get("a"), { name: "a", definition, enabled: false, state: state(1) });
      assert.deepEqual(entries.get("new"), { name: "new", definition: null, enabled: false, state: null });
      await store.save(new Map([["a", state(2)]]), lease);
      await store.change({ kind: "remove", name: "a" });
      const after = (await store.load()).entries.find(({ name }) => name === "a");
      assert.deepEqual([after?.definition, after?.enabled, after?.state?.since], [null, null, 2]);
    },
  },
  {
    title: "tells what was changed since a version, removed entries too",
    run: async (open) => {
      await using store = await open();
      const lease = await lead(store);
      const definition = { task: "t", schedule: { every: 10 } };
      for (const name of ["a", "b", "c"]) await store.change({ kind: "put", name, definition });
      const { version } = await store.load();
      await store.save(new Map([["a", state(1)]]), lease);
      assert.deepEqual((await store.load({ since: version })).entries, []);
      await store.change({ kind: "enable", name: "b", enabled: false });
      await store.change({ kind: "remove", name: "c" });
      const changed = (await store.load({ since: version })).entries.map((one) => [
        one.name,
        one.definition,
        one.enabled,
      ]);
      assert.deepEqual(
        new Map(changed.map(([name, ...fields]) => [name, fields])),
        new Map([
          ["b", [definition, false]],
          ["c", [null, null]],
        ]),
      );
      const latest = await store.load({ since: version });
      assert.ok(latest.version > version);
      assert.deepEqual((await store.load({ since: latest.version })).entries, []);
      await store.forget(["b"], lease);
      assert.deepEqual(
        (await store.load({ since: version })).entries.filter(({ name }) => name === "b"),
        [],
      );
    },
  },
  {
    title: "answers for one entry",
    run: async (open) => {
      await using store = await open();
      const lease = await lead(store);
      await store.save(
        new Map([
          ["a", state(1)],
          ["b", state(2)],
        ]),
        lease,
      );
      assert.deepEqual((await store.load({ name: "b" })).entries, [
        { name: "b", definition: null, enabled: null, state: state(2) },
      ]);
      assert.deepEqual((await store.load({ name: "none" })).entries, []);
    },
  },
  {
    title: "does not change its version when states are saved",
    run: async (open) => {
      await using store = await open();
      const lease = await lead(store);
      const before = (await store.load()).version;
      await store.save(new Map([["a", state(1)]]), lease);
      assert.equal((await store.load()).version, before);
    },
  },
  {
    title: "keeps runs that were asked for until they are done",
    run: async (open) => {
      await using store = await open();
      await store.change({ kind: "request", request: { id: "1", name: "a" } });
      await store.change({ kind: "request", request: { id: "2", name: "b" } });
      await store.change({ kind: "done", id: "1" });
      assert.deepEqual((await store.load()).requests, [{ id: "2", name: "b" }]);
    },
  },
  {
    title: "shows one handle what another has changed",
    run: async (open) => {
      await using leader = await open();
      await lead(leader);
      const { version } = await leader.load();
      await using other = await open();
      await other.change({ kind: "put", name: "a", definition: { task: "t", schedule: { every: 1 } } });
      const seen = await leader.load();
      assert.ok(seen.version > version);
      assert.deepEqual(
        seen.entries.map(({ name }) => name),
        ["a"],
      );
    },
  },
  {
    title: "gives the lease to one beat at a time, and to the next when it is given back",
    needs: "shared",
    run: async (open) => {
      await using one = await open();
      await using two = await open();
      const first = await lead(one);
      assert.equal(await two.acquire("two", TTL_MS), undefined);
      assert.equal(typeof (await one.renew(first, TTL_MS)), "number");
      await one.release(first);
      const second = await lead(two, "two");
      assert.ok(second.token > first.token);
    },
  },
  {
    title: "lets a lease end by itself, and refuses what its holder writes after it was given on",
    needs: "shared",
    run: async (open) => {
      await using one = await open();
      await using two = await open();
      const old = await one.acquire("one", 50);
      assert.ok(old);
      const deadline = performance.now() + 10_000;
      let lease: Lease | undefined;
      while (lease === undefined && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        lease = await two.acquire("two", TTL_MS);
      }
      assert.ok(lease, "the lease has ended");
      await two.save(new Map([["a", state(2)]]), lease);
      await assert.rejects(one.save(new Map([["a", state(1)]]), old), isFenced);
      await assert.rejects(one.forget(["a"], old), isFenced);
      assert.equal(await one.renew(old, TTL_MS), undefined);
      await one.release(old);
      assert.equal(typeof (await two.renew(lease, TTL_MS)), "number");
      assert.equal((await two.load()).entries[0]?.state?.since, 2);
    },
  },
  {
    title: "gives one lease of many that are asked for at once",
    needs: "shared",
    run: async (open) => {
      const stores = await Promise.all(Array.from({ length: 5 }, () => open()));
      try {
        const leases = await Promise.all(
          stores.map((store, index) => store.acquire(`beat-${index}`, TTL_MS)),
        );
        assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
      } finally {
        await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
      }
    },
  },
];
