/** Random numbers that can be had again from the printed seed. */
export interface SeededRandom {
  readonly seed: number;
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

/**
 * The seed is the argument, else the environment variable `Q_TEST_SEED`, else chosen by chance.
 * A test that uses it puts `random.seed` into the messages of its assertions.
 */
export function seededRandom(
  seed: number = Number(process.env["Q_TEST_SEED"] ?? chooseSeed()),
): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    // The 32-bit "splitmix" step: one addition and two multiply-and-shift rounds.
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    seed,
    next,
    int,
    pick<T>(items: readonly T[]): T {
      const item = items[int(0, items.length - 1)];
      if (item === undefined) throw new Error("Cannot pick from an empty list.");
      return item;
    },
  };
}

function chooseSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
