import { type Clock, systemClock } from "@q/kernel";

/** How often executors may die. */
export interface RestartGuardOptions {
  readonly maxRestarts: number;
  readonly windowMs: number;
  readonly clock?: Clock;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;

/**
 * Keeps executors that die again and again from eating the machine. Deaths under way are what jobs do, and cost nothing
 * up to a frequency; an executor that dies before it has done anything will do so again, and waits.
 */
export class RestartGuard {
  readonly #options: RestartGuardOptions;
  readonly #clock: Clock;
  #deaths: number[] = [];
  #delays = 0;

  constructor(options: RestartGuardOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** An executor has died; the milliseconds to wait before the next one is started. */
  died(how: "at work" | "without work"): number {
    const now = this.#clock.monotonic();
    this.#deaths.push(now);
    this.#deaths = this.#deaths.filter((at) => now - at < this.#options.windowMs);
    if (how === "at work" && !this.isExceeded) return 0;
    return Math.min(FIRST_DELAY_MS * 2 ** this.#delays++, MAX_DELAY_MS);
  }

  /** More deaths within the window than there may be. */
  get isExceeded(): boolean {
    return this.#deaths.length > this.#options.maxRestarts;
  }

  /** An executor has done a job: the next wait is a short one again. */
  succeeded(): void {
    this.#delays = 0;
  }
}
