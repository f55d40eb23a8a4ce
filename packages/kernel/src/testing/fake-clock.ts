import type { Cancel, Clock } from "../clock.ts";

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): Cancel {
    const timer = { at: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have not fired yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the time and fires what becomes due, in order; the promises involved run before, between and after. */
  async advance(byMs: number): Promise<void> {
    const end = this.#nowMs + byMs;
    for (await settled(); ; await settled()) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.at);
      due.run();
    }
    this.#nowMs = end;
    await settled();
  }
}

/** One turn of the event loop: every promise that can settle has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
