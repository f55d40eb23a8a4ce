/**
 * One waiter that others wake. A wake-up while nobody waits is remembered, so that none falls between the look
 * for work and the wait.
 */
export class WakeUp {
  #pending = false;
  #resume: (() => void) | undefined;

  notify(): void {
    this.#pending = true;
    this.#resume?.();
  }

  /** Forgets wake-ups so far. Call it before looking for work, not after. */
  reset(): void {
    this.#pending = false;
  }

  /** Resolves on the next wake-up, a remembered one included, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.#pending || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#resume = undefined;
        signal.removeEventListener("abort", resume);
        resolve();
      };
      this.#resume = resume;
      signal.addEventListener("abort", resume, { once: true });
    });
  }
}
