/** Additions, beside some for each entry, after which the map is made anew. */
const LIFE = 100;

/**
 * A map of what passes through: thousands of entries come and go in a second. Entries keep the order in which they came;
 * do not add any while iterating.
 *
 * It is a `Map` that is made anew again and again. A `Map` writes its entries into a new table whenever the old one is
 * used up, which is soon where entries come and go. Once V8 has moved it to the old generation of its heap, it makes
 * every new table there as well, and the old tables keep all that was in them until the next full collection: whatever
 * passes through is copied and kept as if it were to stay. Half of the garbage collector's work was that.
 */
export class TransitMap<TKey, TValue> {
  #entries = new Map<TKey, TValue>();
  #added = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: TKey): TValue | undefined {
    return this.#entries.get(key);
  }

  has(key: TKey): boolean {
    return this.#entries.has(key);
  }

  set(key: TKey, value: TValue): void {
    if (++this.#added > LIFE + 2 * this.#entries.size) {
      this.#added = 0;
      this.#entries = new Map(this.#entries);
    }
    this.#entries.set(key, value);
  }

  delete(key: TKey): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  keys(): IterableIterator<TKey> {
    return this.#entries.keys();
  }

  values(): IterableIterator<TValue> {
    return this.#entries.values();
  }

  [Symbol.iterator](): IterableIterator<[TKey, TValue]> {
    return this.#entries.entries();
  }
}
