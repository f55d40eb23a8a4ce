import { TransitMap } from "@q/kernel";
import type { Delivery } from "../../contracts.ts";

/**
 * The deliveries a channel has handed out and not yet settled: the prefetch window, and the rule that a delivery
 * is settled once. `TEntry` is what the transport needs to settle it.
 */
export class Unacked<TEntry> {
  // It keeps the order of delivery, which is the order in which leftovers are given back.
  readonly #entries = new TransitMap<Delivery, TEntry>();
  readonly #onRoom: () => void;
  #prefetch = Infinity;

  /** `onRoom` is called when deliveries may have become possible that were not before. */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many more may be handed out now; `Infinity` without a limit, never negative. */
  get room(): number {
    return Math.max(0, this.#prefetch - this.#entries.size);
  }

  setPrefetch(prefetch: number): void {
    const wasFull = this.room === 0;
    this.#prefetch = prefetch;
    // A window that was not full has nothing to look for: what there was has been taken, or is being taken.
    if (wasFull && this.room > 0) this.#onRoom();
  }

  add(delivery: Delivery, entry: TEntry): void {
    this.#entries.set(delivery, entry);
  }

  /** Ends a delivery. `undefined` when it was settled before, needs no settlement, or is of another channel. */
  take(delivery: Delivery): TEntry | undefined {
    const entry = this.#entries.get(delivery);
    const wasFull = this.room === 0;
    if (!this.#entries.delete(delivery)) return undefined;
    if (wasFull) this.#onRoom();
    return entry;
  }

  /** Ends all deliveries; oldest first. */
  takeAll(): TEntry[] {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    return all;
  }
}
