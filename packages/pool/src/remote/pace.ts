import { systemClock } from "@q/kernel";

/** Milliseconds of work that an executor may have waiting. */
const AHEAD_MS = 20;
/** A job that takes longer tells no more than that nothing should wait behind it. */
const SLOW_MS = 2 * AHEAD_MS;
/** Of the latest jobs, in the mean of all. */
const WEIGHT = 0.5;

/** How fast an executor gets through its jobs, and how many it is given ahead of their turn because of that. */
export class Pace {
  readonly #maxAhead: number;
  #msPerJob = SLOW_MS;
  #since = 0;
  #isFull = false;

  constructor(maxAhead: number) {
    this.#maxAhead = maxAhead;
  }

  /**
   * Jobs to give to an executor with so many vacancies, negative for jobs that wait. It is filled up when half of what
   * waits there is done: one after the other they would cost a write each.
   */
  room(vacancies: number): number {
    const ahead = Math.min(Math.floor(AHEAD_MS / this.#msPerJob), this.#maxAhead);
    const room = vacancies + ahead;
    if (room <= 0) this.#isFull = true;
    else if (room >= ahead / 2) this.#isFull = false;
    return this.#isFull ? 0 : room;
  }

  /** It was idle and has something to do. Returns the time. */
  begin(): number {
    this.#since = systemClock.monotonic();
    return this.#since;
  }

  /** So many jobs have ended since the last time. */
  ended(jobs: number): void {
    if (jobs <= 0) return;
    const now = systemClock.monotonic();
    const msPerJob = Math.min((now - this.#since) / jobs, SLOW_MS);
    this.#since = now;
    this.#msPerJob += WEIGHT * (msPerJob - this.#msPerJob);
  }

  /** It has not been heard of for longer than any job that others should wait for. */
  stopped(): void {
    this.#msPerJob = SLOW_MS;
  }
}
