/** What a {@link Heap} orders: the smallest `dueAt` comes first. */
export interface HeapItem {
  /** Changed only before `put`. */
  dueAt: number;
  /** Kept by the heap: where the item is in it, -1 while it is not. */
  heapIndex: number;
}

/** Binary heap of items that know their place: the earliest at once, all else in logarithmic time. */
export class Heap<TItem extends HeapItem> {
  readonly #items: TItem[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest item; `undefined` when there is none. */
  peek(): TItem | undefined {
    return this.#items[0];
  }

  /** Puts an item where its `dueAt` belongs, whether it is in the heap already or not. */
  put(item: TItem): void {
    if (item.heapIndex < 0) item.heapIndex = this.#items.push(item) - 1;
    this.#rise(item);
    this.#sink(item);
  }

  /** Takes an item out; one that is not in the heap is left alone. */
  remove(item: TItem): void {
    const { heapIndex } = item;
    if (heapIndex < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#set(last, heapIndex);
    this.#rise(last);
    this.#sink(last);
  }

  #set(item: TItem, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #rise(item: TItem): void {
    let index = item.heapIndex;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent] as TItem;
      if (above.dueAt <= item.dueAt) break;
      this.#set(above, index);
      index = parent;
    }
    this.#set(item, index);
  }

  #sink(item: TItem): void {
    const items = this.#items;
    let index = item.heapIndex;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] as TItem).dueAt < (items[child] as TItem).dueAt)
        child++;
      const below = items[child] as TItem;
      if (below.dueAt >= item.dueAt) break;
      this.#set(below, index);
      index = child;
    }
    this.#set(item, index);
  }
}
