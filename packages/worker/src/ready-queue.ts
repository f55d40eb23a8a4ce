/** Places of items long gone that are kept at most, beside as many as there are items. */
const SPARE = 1024;

/** First-in first-out list whose both ends cost the same however long it is. */
export class ReadyQueue<TItem> {
  /** Those before the head were taken out. */
  #items: (TItem | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The next to be taken out. */
  get first(): TItem | undefined {
    return this.#items[this.#head];
  }

  push(item: TItem): void {
    this.#items.push(item);
  }

  shift(): TItem | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length || (this.#head > SPARE && this.#head > this.size)) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  items(): readonly TItem[] {
    return this.#items.slice(this.#head) as TItem[];
  }

  /** Takes out the items that `matches` says, in order. */
  remove(matches: (item: TItem) => boolean): TItem[] {
    const items = this.items();
    const removed = items.filter(matches);
    if (removed.length === 0) return removed;
    this.#items = items.filter((item) => !matches(item));
    this.#head = 0;
    return removed;
  }

  /** Takes everything out, in order. */
  clear(): TItem[] {
    const items = [...this.items()];
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
