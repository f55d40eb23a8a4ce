import { type Clock, systemClock } from "@q/kernel";
import type {
  BeatStore,
  EntryChange,
  EntryState,
  Lease,
  RunRequest,
  StoredEntry,
  StoredSchedule,
} from "../contracts.ts";
import { FencedError } from "../errors.ts";
import { applyChange } from "./stored-entries.ts";

/** Keeps a schedule in this process: it starts anew with the process. Beats that share one agree on a leader. */
export class MemoryStore implements BeatStore {
  readonly description = "memory";
  readonly isShared: boolean;
  readonly #clock: Clock;
  readonly #entries = new Map<string, StoredEntry>();
  readonly #requests = new Map<string, RunRequest>();
  #version = 0;
  #lease: Lease | undefined;
  #leaseEnds = -Infinity;
  #token = 0;

  /** `isShared` makes beats renew a lease; without it the first beat has the store for itself. */
  constructor(options: { clock?: Clock; isShared?: boolean } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.isShared = options.isShared ?? false;
  }

  async load(): Promise<StoredSchedule> {
    return {
      version: this.#version,
      entries: [...this.#entries.values()],
      requests: [...this.#requests.values()],
    };
  }

  async save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void> {
    this.#check(lease);
    for (const [name, state] of states) {
      const known = this.#entries.get(name) ?? { name, definition: null, enabled: null };
      this.#entries.set(name, { ...known, state });
    }
  }

  async forget(names: readonly string[], lease: Lease): Promise<void> {
    this.#check(lease);
    for (const name of names) this.#entries.delete(name);
  }

  async change(change: EntryChange): Promise<void> {
    applyChange({ entries: this.#entries, requests: this.#requests }, change);
    this.#version++;
  }

  async acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    const now = this.#clock.monotonic();
    if (this.#lease !== undefined && this.#lease.holder !== holder && now < this.#leaseEnds) return undefined;
    this.#lease = { holder, token: ++this.#token };
    this.#leaseEnds = this.isShared ? now + ttlMs : Infinity;
    return this.#lease;
  }

  async renew(lease: Lease, ttlMs: number): Promise<number | undefined> {
    if (this.#lease?.token !== lease.token) return undefined;
    this.#leaseEnds = this.#clock.monotonic() + ttlMs;
    return this.#version;
  }

  async release(lease: Lease): Promise<void> {
    if (this.#lease?.token === lease.token) this.#lease = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #check(lease: Lease): void {
    if (lease.token !== this.#token)
      throw new FencedError(`lease ${lease.token} is older than lease ${this.#token}`);
  }
}
