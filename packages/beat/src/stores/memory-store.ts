import { type Clock, systemClock } from "@q/kernel";
import type { BeatStore, EntryChange, EntryQuery, EntryState, Lease, StoredSchedule } from "../contracts.ts";
import { FencedError } from "../errors.ts";
import { StoredEntries } from "./stored-entries.ts";

/** Keeps a schedule in this process: it starts anew with the process. Beats that share one agree on a leader. */
export class MemoryStore implements BeatStore {
  readonly isShared: boolean;
  readonly #clock: Clock;
  readonly #content = new StoredEntries();
  #lease: Lease | undefined;
  #leaseEnds = -Infinity;
  #token = 0;

  /** `isShared` makes beats renew a lease; without it the first beat has the store for itself. */
  constructor(options: { clock?: Clock; isShared?: boolean } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.isShared = options.isShared ?? false;
  }

  async load(query: EntryQuery = {}): Promise<StoredSchedule> {
    return this.#content.select(query);
  }

  async save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void> {
    this.#check(lease);
    for (const [name, state] of states) this.#content.setState(name, state);
  }

  async forget(names: readonly string[], lease: Lease): Promise<void> {
    this.#check(lease);
    for (const name of names) this.#content.forget(name);
  }

  async change(change: EntryChange): Promise<void> {
    this.#content.change(change);
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
    return this.#content.version;
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
