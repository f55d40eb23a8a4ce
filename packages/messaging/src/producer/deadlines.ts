import type { Cancel, Clock } from "@q/kernel";

/** Something that must be over by a certain time, and the links by which {@link Deadlines} keeps it. */
export interface Expiring {
  /** On the monotonic clock; `Infinity` for no limit. May change while it is tracked: `add` it again. */
  deadlineMs: number;
  isTracked: boolean;
  previous: this | undefined;
  next: this | undefined;
}

/** Deadlines are met with this precision, milliseconds. */
const PRECISION_MS = 50;

/**
 * Watches the deadlines of many things with one timer, because a timer each would cost more than the things.
 * The timer is set for the earliest deadline known when it was set; then all are looked through. They form a list
 * linked through the things themselves: half the cost of a `Set`, which has to hash each.
 */
export class Deadlines<TItem extends Expiring> {
  readonly #clock: Clock;
  readonly #expire: (item: TItem) => void;
  #first: TItem | undefined;
  #last: TItem | undefined;
  #size = 0;
  #sweepAtMs = Infinity;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, expire: (item: TItem) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  get size(): number {
    return this.#size;
  }

  /** Tracks an item, or takes note that the deadline of a tracked one has changed. */
  add(item: TItem): void {
    if (!item.isTracked) {
      item.isTracked = true;
      item.previous = this.#last;
      if (this.#last) this.#last.next = item;
      else this.#first = item;
      this.#last = item;
      this.#size++;
    }
    if (item.deadlineMs < this.#sweepAtMs) this.#arm(item.deadlineMs);
  }

  delete(item: TItem): void {
    if (!item.isTracked) return;
    const { previous, next } = item;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    item.isTracked = false;
    item.previous = undefined;
    item.next = undefined;
    this.#size--;
  }

  /** The items that are tracked now. */
  all(): TItem[] {
    const items: TItem[] = [];
    for (let item = this.#first; item; item = item.next) items.push(item);
    return items;
  }

  #arm(atMs: number): void {
    this.#cancel?.();
    this.#sweepAtMs = atMs;
    this.#cancel = this.#clock.schedule(atMs - this.#clock.monotonic(), () => this.#sweep());
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonic();
    this.#sweepAtMs = Infinity;
    let next = Infinity;
    for (const item of this.all()) {
      if (item.deadlineMs <= nowMs) this.#expire(item);
      else next = Math.min(next, item.deadlineMs);
    }
    // Expired items may have got a new deadline, and armed the timer for it.
    if (next < this.#sweepAtMs) this.#arm(Math.max(next, nowMs + PRECISION_MS));
  }
}
