import type { Clock } from "@q/kernel";
import { MemoryChords } from "./memory-chords.ts";
import { MemoryRevocations } from "./memory-revocations.ts";

interface Entry {
  readonly body: Buffer;
  readonly isSuccess: boolean;
  readonly expiresAtMs: number;
}

/** What a store is asked to keep. */
export interface MemoryItem {
  readonly id: string;
  readonly body: Buffer;
  /** A stored success stays as it is. */
  readonly isSuccess: boolean;
  /** `undefined` keeps it for ever. */
  readonly ttlMs: number | undefined;
}

/** Told of every change. */
export type MemoryListener = (id: string, body: Buffer) => void;

/** Results of one name, shared by all backends of the process with that name. */
export class MemoryStore {
  readonly chords: MemoryChords = new MemoryChords();
  readonly revocations: MemoryRevocations = new MemoryRevocations();
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<MemoryListener>();

  put(item: MemoryItem, clock: Clock): void {
    const nowMs = clock.now();
    this.removeExpired(nowMs);
    if (this.#live(item.id, nowMs)?.isSuccess) return;
    const { body, isSuccess, ttlMs = Infinity } = item;
    // Deleting first moves it to the end: with one lifetime for all, the order of the map is the order of expiry.
    this.#entries.delete(item.id);
    this.#entries.set(item.id, { body, isSuccess, expiresAtMs: nowMs + ttlMs });
    for (const listener of this.#listeners) listener(item.id, body);
  }

  get(id: string, clock: Clock): Buffer | undefined {
    return this.#live(id, clock.now())?.body;
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }

  /** Removes the oldest entries as long as they are expired, and returns how many. */
  removeExpired(nowMs: number): number {
    let removed = 0;
    this.chords.removeExpired(nowMs);
    for (const [id, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > nowMs) break;
      this.#entries.delete(id);
      removed++;
    }
    return removed;
  }

  listen(listener: MemoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #live(id: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry && entry.expiresAtMs > nowMs ? entry : undefined;
  }
}

// Stores belong to the process, as brokers of the memory transport do: two apps that name the same URL meet.
const stores = new Map<string, MemoryStore>();

/** The store of that name. */
export function memoryStoreNamed(name: string): MemoryStore {
  const store = stores.get(name) ?? new MemoryStore();
  stores.set(name, store);
  return store;
}
