/** Values per header beyond which the oldest go: a fleet that revokes by stamp for years must not grow for ever. */
const MAX_VALUES = 10_000;

/** Stamps whose tasks are revoked. */
export class RevokedStamps {
  readonly #values = new Map<string, Set<unknown>>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  add(header: string, values: readonly unknown[]): void {
    const known = this.#values.get(header) ?? new Set();
    this.#values.set(header, known);
    for (const value of values) known.add(value);
    for (const oldest of known) {
      if (known.size <= MAX_VALUES) return;
      known.delete(oldest);
    }
  }

  /** Whether one of these stamps is revoked. */
  has(stamps: Readonly<Record<string, unknown>>): boolean {
    return matchingStamps(stamps, this.#values).size > 0;
  }
}

/** Per header, the values that a task carries and that are listed. */
export function matchingStamps(
  stamps: Readonly<Record<string, unknown>>,
  listed: ReadonlyMap<string, ReadonlySet<unknown>>,
): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const [header, values] of listed) {
    if (!Object.hasOwn(stamps, header)) continue;
    const own = stamps[header];
    const matching = (Array.isArray(own) ? (own as unknown[]) : [own]).filter((value) => values.has(value));
    if (matching.length > 0) found.set(header, matching);
  }
  return found;
}
