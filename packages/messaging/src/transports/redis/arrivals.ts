/**
 * Who wants to know of changes of which keys, on one connection.
 *
 * The server remembers which keys were asked about (`CLIENT TRACKING`, of client-side caching) and reports the first
 * change of each, whoever makes it. The order makes it free of races: a consumer that finds nothing *asks*, and what
 * comes after the asking is reported.
 */
export class Arrivals {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** `listener` is called when one of the keys changes, until it is removed by {@link remove}. */
  add(keys: readonly string[], listener: () => void): void {
    for (const key of keys) {
      const listeners = this.#listeners.get(key);
      if (listeners === undefined) this.#listeners.set(key, new Set([listener]));
      else listeners.add(listener);
    }
  }

  remove(keys: readonly string[], listener: () => void): void {
    for (const key of keys) {
      const listeners = this.#listeners.get(key);
      listeners?.delete(listener);
      if (listeners?.size === 0) this.#listeners.delete(key);
    }
  }

  /** Changed keys as the server reports them; `undefined` for all. */
  report(keys: readonly string[] | undefined): void {
    const changed =
      keys === undefined ? [...this.#listeners.values()] : keys.map((key) => this.#listeners.get(key));
    for (const listener of new Set(changed.flatMap((listeners) => [...(listeners ?? [])]))) listener();
  }
}
