import type { Clock } from "@q/kernel";

/** A wait that can be cut short. */
export class Alarm {
  readonly #clock: Clock;
  #ring: (() => void) | undefined;
  #hasRung = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, or as soon as the alarm rings; at once when it rang since the last wait. */
  wait(delayMs: number): Promise<void> {
    if (this.#hasRung) {
      this.#hasRung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#ring = undefined;
        resolve();
      };
      const cancel = this.#clock.schedule(delayMs, done);
      this.#ring = done;
    });
  }

  /** Ends the wait that is under way, or the next one. */
  ring(): void {
    if (this.#ring === undefined) this.#hasRung = true;
    else this.#ring();
  }
}
