import { type Clock, sleep } from "@q/kernel";

/** Work under way that nobody waits for until the worker stops. */
export class UnfinishedWork {
  readonly #clock: Clock;
  readonly #work = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The promise must not reject. */
  add(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  /** Resolves when all has ended, also what is added meanwhile, or the time is over. */
  async ended(timeoutMs: number): Promise<void> {
    const done = new AbortController();
    const late = sleep(timeoutMs, { clock: this.#clock, signal: done.signal });
    while (this.#work.size > 0) {
      await Promise.race([Promise.all(this.#work), late.then(() => this.#work.clear())]);
    }
    done.abort();
  }
}
