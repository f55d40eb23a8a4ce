import type { Logger } from "@q/kernel";
import type { RedisSocket } from "./redis-socket.ts";
import type { Subscriber } from "./subscriber.ts";

/**
 * Tells consumers when to look again, without a blocking command and without polling: the server remembers which keys
 * we asked about (`CLIENT TRACKING`, of client-side caching) and reports the first change of each, whoever makes it.
 *
 * The order makes it free of races: a consumer that finds nothing *asks*, and what comes after the asking is reported.
 * Where the server refuses to track (a proxy, missing rights) consumers have to poll.
 */
export class Arrivals {
  readonly #socket: RedisSocket;
  readonly #listeners = new Map<string, Set<() => void>>();
  #isTracking = false;

  constructor(socket: RedisSocket) {
    this.#socket = socket;
  }

  /** Whether changes are reported. */
  get isTracking(): boolean {
    return this.#isTracking;
  }

  /** Asks the server to report to `subscriber`. */
  async start(subscriber: Subscriber, logger: Logger): Promise<void> {
    try {
      if (subscriber.clientId === undefined) throw new Error("CLIENT ID is not available");
      // Only what we ask about explicitly: not every key that some script of ours reads.
      await this.#socket.call("CLIENT", ["TRACKING", "ON", "REDIRECT", subscriber.clientId, "OPTIN"]);
      this.#isTracking = true;
    } catch (error) {
      logger.info(
        { err: error },
        "Redis does not report new messages here (CLIENT TRACKING): polling for them",
      );
    }
  }

  /** `listener` is called when one of the keys changes, until it is removed by {@link remove}. */
  add(keys: readonly string[], listener: () => void): void {
    for (const key of keys) {
      const listeners = this.#listeners.get(key);
      if (listeners === undefined) this.#listeners.set(key, new Set([listener]));
      else listeners.add(listener);
    }
  }

  remove(keys: readonly string[], listener: () => void): void {
    for (const key of keys) {
      const listeners = this.#listeners.get(key);
      listeners?.delete(listener);
      if (listeners?.size === 0) this.#listeners.delete(key);
    }
  }

  /** True when one of the lists holds something now; otherwise the next change is reported. */
  async ask(keys: readonly string[]): Promise<boolean> {
    const replies = this.#socket.together(() => {
      // Nothing may come between: the first applies to the command that follows it.
      const caching = this.#isTracking ? this.#socket.call("CLIENT", ["CACHING", "YES"]) : undefined;
      return Promise.all([this.#socket.call("EXISTS", keys), caching]);
    });
    const [found] = await replies;
    return Number(found) > 0;
  }

  /** Changed keys as the server reports them; `undefined` for all. */
  report(keys: readonly string[] | undefined): void {
    const changed =
      keys === undefined ? [...this.#listeners.values()] : keys.map((key) => this.#listeners.get(key));
    for (const listener of new Set(changed.flatMap((listeners) => [...(listeners ?? [])]))) listener();
  }
}
