import type { Delivery } from "../../contracts.ts";

/**
 * Deliveries between the driver, which hands them over one by one, and the iteration, which takes all that are there.
 * The driver decodes everything of one socket read before the iteration can run: that is a batch.
 *
 * States: *open*; *failed* (what is there is still taken, then the error); *closed* (nothing is taken any more).
 */
export class DeliveryBuffer {
  #deliveries: Delivery[] = [];
  #wake: (() => void) | undefined;
  #error: Error | undefined;
  #isClosed = false;

  put(delivery: Delivery): void {
    this.#deliveries.push(delivery);
    this.#wakeUp();
  }

  /** Ends the iteration with an error, after what came before it. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#wakeUp();
  }

  /** Ends the iteration normally. */
  close(): void {
    this.#isClosed = true;
    this.#wakeUp();
  }

  /** The next batch, never empty; `undefined` when the buffer is closed. */
  async take(): Promise<readonly Delivery[] | undefined> {
    while (!this.#isClosed) {
      if (this.#deliveries.length > 0) return this.drain();
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return undefined;
  }

  /** Removes and returns what nobody took. */
  drain(): readonly Delivery[] {
    const deliveries = this.#deliveries;
    this.#deliveries = [];
    return deliveries;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
