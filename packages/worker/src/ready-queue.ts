/** First-in first-out list whose both ends cost the same however long it is. */
export class ReadyQueue<TItem> {
  #items: TItem[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: TItem): void {
    this.#items.push(item);
  }

  shift(): TItem | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
  }

  items(): readonly TItem[] {
    return this.#items.slice(this.#head);
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
    const items = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
