import { FakeClock, recordingLogger, type RecordingLogger } from "@q/kernel/testing";
import { Beat } from "../beat.ts";
import type { BeatOptions } from "../beat-options.ts";
import type { BeatStore } from "../contracts.ts";
import type { Missed } from "../misfires.ts";
import type { Run } from "../run.ts";
import { MemoryStore } from "../stores/memory-store.ts";

/** 1 January 2026, midnight in UTC. */
export const START: number = Date.parse("2026-01-01T00:00:00Z");

/** Beats on a clock and a store that a test owns, and what they have sent. */
export class BeatBench {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly logger: RecordingLogger = recordingLogger();
  readonly sent: Run[] = [];
  readonly missed: (Missed & { readonly name: string })[] = [];
  /** Called with every run before it counts as sent. */
  send: (run: Run) => unknown = () => {};

  constructor(options: { isShared?: boolean; start?: number } = {}) {
    this.clock = new FakeClock(options.start ?? START);
    this.store = new MemoryStore({ clock: this.clock, isShared: options.isShared ?? false });
  }

  /** Moves the time on in steps; in each, whatever takes several turns of the event loop gets them. */
  async advance(byMs: number, stepMs = 500): Promise<void> {
    for (let left = byMs; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left));
      for (let turn = 0; turn < 3; turn++) await this.clock.advance(0);
    }
  }

  /** The store, with some of its methods replaced. */
  storeWith(methods: Partial<BeatStore>): BeatStore {
    const { store } = this;
    return {
      isShared: store.isShared,
      load: (query) => store.load(query),
      save: (states, lease) => store.save(states, lease),
      forget: (names, lease) => store.forget(names, lease),
      change: (change) => store.change(change),
      acquire: (holder, ttlMs) => store.acquire(holder, ttlMs),
      renew: (lease, ttlMs) => store.renew(lease, ttlMs),
      release: (lease) => store.release(lease),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      ...methods,
    };
  }

  beat(options: Partial<BeatOptions>): Beat {
    return new Beat({
      store: this.store,
      clock: this.clock,
      logger: this.logger,
      send: async (run) => {
        await this.send(run);
        this.sent.push(run);
      },
      on: { missed: (name, missed) => void this.missed.push({ name, ...missed }) },
      ...options,
    });
  }

  /** Times of what was sent, in seconds since the start; of one entry when it is named. */
  seconds(name?: string): number[] {
    const runs = name === undefined ? this.sent : this.sent.filter((run) => run.name === name);
    return runs.map(({ scheduledAt }) => (scheduledAt.getTime() - START) / 1000);
  }
}
