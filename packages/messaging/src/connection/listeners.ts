import type { Logger } from "@q/kernel";

/**
 * Observers of a set of named events. They are called synchronously, in the order in which they came;
 * one that throws is logged and does not disturb the others.
 */
export class Listeners<TEvents extends object> {
  readonly #byEvent = new Map<keyof TEvents, Set<(event: never) => void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a listener; the function returned removes it. */
  add<TName extends keyof TEvents>(name: TName, listener: (event: TEvents[TName]) => void): () => void {
    const listeners = this.#byEvent.get(name) ?? new Set();
    this.#byEvent.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<TName extends keyof TEvents>(name: TName, event: TEvents[TName]): void {
    for (const listener of this.#byEvent.get(name) ?? []) {
      try {
        (listener as (event: TEvents[TName]) => void)(event);
      } catch (err) {
        this.#logger.error({ err, event: name }, "a connection listener threw");
      }
    }
  }
}
