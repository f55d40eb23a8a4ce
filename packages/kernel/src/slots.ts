/** Counting semaphore whose limit may change while it is in use. Waiters are served in order. */
export class Slots {
  #limit: number;
  #taken = 0;
  readonly #waiters = new Set<(got: boolean) => void>();

  /** `limit` may be `Infinity`. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Slots that can be taken at once; negative after the limit shrank below what is taken. */
  get free(): number {
    return this.#limit - this.#taken;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot when one is free. */
  tryAcquire(): boolean {
    if (this.free <= 0) return false;
    this.#taken++;
    return true;
  }

  /** Takes a slot as soon as one is free; `false`, and nothing taken, when `signal` aborts first. */
  acquire(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    if (this.tryAcquire()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = (got: boolean): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve(got);
      };
      const giveUp = (): void => {
        this.#waiters.delete(waiter);
        resolve(false);
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Gives a slot back. */
  release(): void {
    this.#taken--;
    this.#serve();
  }

  /** Changes the limit; taken slots above a smaller one are not interrupted. */
  resize(limit: number): void {
    this.#limit = limit;
    this.#serve();
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (!this.tryAcquire()) return;
      this.#waiters.delete(waiter);
      waiter(true);
    }
  }
}
