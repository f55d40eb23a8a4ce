import type { Cancel, Clock } from "@q/kernel";

type Entry<TItem> = { readonly dueMs: number; readonly order: number; readonly item: TItem };

/** Longest sleep: a wall clock that was set forward is noticed this late. */
const MAX_SLEEP_MS = 1000;

/**
 * Items that wait for their time: a heap and one timer. An item is released at its time or later, never before;
 * items of the same time in the order of their arrival.
 */
export class EtaQueue<TItem> {
  readonly #clock: Clock;
  readonly #release: (item: TItem) => void;
  #heap: Entry<TItem>[] = [];
  #order = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, release: (item: TItem) => void) {
    this.#clock = clock;
    this.#release = release;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** `dueMs` is wall-clock time, milliseconds since 1970. */
  add(item: TItem, dueMs: number): void {
    const entry = { dueMs, order: this.#order++, item };
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
    if (this.#heap[0] === entry) this.#arm();
  }

  /** Takes every item out, in no particular order. */
  clear(): TItem[] {
    this.#cancel?.();
    this.#cancel = undefined;
    const items = this.#heap.map((entry) => entry.item);
    this.#heap = [];
    return items;
  }

  /** Takes out the items that `matches` says. */
  remove(matches: (item: TItem) => boolean): TItem[] {
    const removed = this.#heap.filter((entry) => matches(entry.item)).map((entry) => entry.item);
    if (removed.length === 0) return removed;
    const kept = this.#heap.filter((entry) => !matches(entry.item));
    this.#heap = kept.sort(before);
    this.#arm();
    return removed;
  }

  /** Items with the time they wait for. */
  entries(): { readonly item: TItem; readonly dueMs: number }[] {
    return [...this.#heap].sort(before).map(({ item, dueMs }) => ({ item, dueMs }));
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const next = this.#heap[0];
    if (next === undefined) return;
    const delayMs = Math.min(Math.max(0, next.dueMs - this.#clock.now()), MAX_SLEEP_MS);
    this.#cancel = this.#clock.schedule(delayMs, () => this.#wake());
  }

  #wake(): void {
    for (let next = this.#heap[0]; next && next.dueMs <= this.#clock.now(); next = this.#heap[0]) {
      this.#removeFirst();
      this.#release(next.item);
    }
    this.#arm();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown();
  }

  #siftUp(from: number): void {
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.#swapUnlessOrdered(parent, index)) return;
      index = parent;
    }
  }

  #siftDown(): void {
    for (let index = 0; ;) {
      const left = index * 2 + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      if (a === undefined) return;
      const child = b && before(b, a) < 0 ? left + 1 : left;
      if (!this.#swapUnlessOrdered(index, child)) return;
      index = child;
    }
  }

  #swapUnlessOrdered(parent: number, child: number): boolean {
    const [upper, lower] = [this.#heap[parent], this.#heap[child]];
    if (!upper || !lower || before(upper, lower) <= 0) return false;
    this.#heap[parent] = lower;
    this.#heap[child] = upper;
    return true;
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): number {
  return a.dueMs - b.dueMs || a.order - b.order;
}
