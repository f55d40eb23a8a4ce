/** What a {@link Heap} orders: the smallest `dueAt` comes first. */
export interface Due {
  readonly dueAt: number;
}

/** Binary heap: the earliest item at once, adding and taking in logarithmic time. */
export class Heap<TItem extends Due> {
  readonly #items: TItem[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest item; `undefined` when there is none. */
  peek(): TItem | undefined {
    return this.#items[0];
  }

  push(item: TItem): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as TItem;
      if (above.dueAt <= item.dueAt) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  /** Takes the earliest item out. */
  pop(): TItem | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] as TItem).dueAt < (items[child] as TItem).dueAt)
        child++;
      const below = items[child] as TItem;
      if (below.dueAt >= last.dueAt) break;
      items[index] = below;
      index = child;
    }
    items[index] = last;
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }
}
