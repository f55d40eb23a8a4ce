/**
 * Lamport's logical clock: orders what happens in different processes by cause instead of by wall clock. Every event
 * and every remote control command carries its value.
 *
 * @see wire protocol, "Remote control"; kombu/clocks.py
 */
export class LamportClock {
  #value: number;

  constructor(initial = 0) {
    this.#value = initial;
  }

  get value(): number {
    return this.#value;
  }

  /** One more, before something is sent; returns the value to send. */
  forward(): number {
    return ++this.#value;
  }

  /**
   * Goes past a value that was received, and returns the new one. What is no whole number, or so large that counting
   * would stop, is ignored: one bad message must not break the clocks of a fleet.
   */
  adjust(other: unknown): number {
    const isCredible = Number.isSafeInteger(other) && (other as number) < Number.MAX_SAFE_INTEGER / 2;
    this.#value = (isCredible ? Math.max(this.#value, other as number) : this.#value) + 1;
    return this.#value;
  }
}
