/**
 * Unbounded first-in first-out queue with one or many waiting takers.
 *
 * States: *holding* items with nobody waiting, or *waiting* takers with no items; never both.
 */
export class Mailbox<TItem> {
  #items: TItem[] = [];
  #head = 0;
  readonly #takers = new Set<(item: TItem | undefined) => void>();

  /** Items put and not yet taken. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Appends an item, or hands it to the taker that waits longest. */
  put(item: TItem): void {
    for (const taker of this.#takers) {
      this.#takers.delete(taker);
      return taker(item);
    }
    this.#items.push(item);
  }

  /** Puts an item back at the head: it is taken next. */
  putBack(item: TItem): void {
    if (this.#takers.size > 0) return this.put(item);
    if (this.#head > 0) this.#items[--this.#head] = item;
    else this.#items.unshift(item);
  }

  /** The oldest item at once, or `undefined` when there is none. */
  takeNow(): TItem | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head++];
    // Dropping the taken half keeps `take` constant-time without an `Array.shift` of the whole list.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The oldest item as soon as there is one; `undefined` when `signal` aborts first. */
  take(signal?: AbortSignal): Promise<TItem | undefined> {
    if (this.size > 0 || signal?.aborted)
      return Promise.resolve(signal?.aborted ? undefined : this.takeNow());
    return new Promise((resolve) => {
      const taker = (item: TItem | undefined): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve(item);
      };
      const giveUp = (): void => {
        this.#takers.delete(taker);
        resolve(undefined);
      };
      this.#takers.add(taker);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }
}
