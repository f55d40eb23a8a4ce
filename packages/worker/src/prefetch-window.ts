/** What the window is derived from. */
export interface PrefetchParts {
  /** Slots times multiplier; 0 means no limit. */
  readonly capacity: () => number;
  /** Requests that wait for their time and hold their delivery meanwhile. */
  readonly scheduled: () => number;
  readonly etaLimit: number | null;
  readonly apply: (prefetch: number) => void;
}

/**
 * How many deliveries the worker may hold unsettled. Always worked out from the present state and never counted up,
 * so that it cannot drift; changes of one turn are told together.
 */
export class PrefetchWindow {
  /** Running tasks whose messages are acknowledged: they take a slot but no longer count as unsettled. */
  earlyAcked = 0;
  /** What remote control adds or takes away. */
  adjustment = 0;
  /** Whether the broker follows a changed window cheaply enough to count those. */
  countEarlyAcks = false;
  readonly #parts: PrefetchParts;
  #told: number | undefined;
  #isArmed = false;

  constructor(parts: PrefetchParts) {
    this.#parts = parts;
  }

  /** `Infinity` for no limit; 0 takes nothing. */
  get size(): number {
    const { capacity, scheduled, etaLimit } = this.#parts;
    const slots = capacity();
    if (slots === 0) return Infinity;
    const held = Math.min(scheduled(), etaLimit ?? Infinity);
    return Math.max(0, slots - (this.countEarlyAcks ? this.earlyAcked : 0) + this.adjustment) + held;
  }

  /** Tells the consumer, at the end of this turn, if anything has changed. */
  refresh(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    queueMicrotask(() => {
      this.#isArmed = false;
      const { size } = this;
      if (size === this.#told) return;
      this.#told = size;
      this.#parts.apply(size);
    });
  }
}
