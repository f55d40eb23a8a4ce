import type { Logger } from "@q/kernel";

/** Ends a subscription; a second call does nothing. */
export type Unsubscribe = () => void;

/**
 * Typed observers. Listeners run synchronously, in the order of their subscription; one that throws is logged and the
 * others still run. Observing never changes what happens: use middleware for that.
 */
export class EventBus<TEvents extends object> {
  readonly #listeners = new Map<keyof TEvents, Set<(event: never) => void>>();
  readonly #logger: () => Logger;

  constructor(logger: () => Logger) {
    this.#logger = logger;
  }

  on<TName extends keyof TEvents>(name: TName, listener: (event: TEvents[TName]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** True when somebody listens: lets hot paths skip building the event. */
  has(name: keyof TEvents): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<TName extends keyof TEvents>(name: TName, event: TEvents[TName]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(event as never);
      } catch (err) {
        this.#logger().error({ err, event: name }, "an event listener threw");
      }
    }
  }
}
