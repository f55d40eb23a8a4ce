import { asError, type Cancel, type Clock, type Logger } from "@q/kernel";
import type { Bindings } from "./bindings.ts";
import type { RedisKeys } from "./keys.ts";
import type { ParsedRedisOptions } from "./redis-options.ts";
import type { RedisSocket } from "./redis-socket.ts";
import { restoreExpired, restoreTo } from "./scripts/give-back.ts";

/** What a {@link Restorer} works with. */
export interface RestorerContext {
  readonly socket: RedisSocket;
  readonly keys: RedisKeys;
  readonly options: ParsedRedisOptions;
  readonly bindings: Bindings;
  readonly logger: Logger;
  readonly clock: Clock;
}

const BATCH = 100;

/**
 * Gives the messages of dead consumers back to their queues, whoever they were: Python's too. Every consumer of the
 * fleet does this, each by its own visibility timeout.
 */
export class Restorer {
  readonly #context: RestorerContext;
  readonly #intervalMs: number;
  #cancel: Cancel | undefined;
  #isClosed = false;
  #isStarted = false;

  constructor(context: RestorerContext) {
    this.#context = context;
    const { unackedRestoreInterval, visibilityTimeout } = context.options;
    this.#intervalMs = Math.min(unackedRestoreInterval, visibilityTimeout / 4) * 1000;
  }

  /** Looks now, and from then on at the interval. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#round();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #round(): Promise<void> {
    try {
      const restored = await this.#restore();
      if (restored > 0)
        this.#context.logger.info(
          { count: restored },
          "gave messages of lost consumers back to their queues",
        );
    } catch (thrown) {
      if (!this.#isClosed)
        this.#context.logger.warn({ err: asError(thrown) }, "could not look for messages of lost consumers");
    }
    if (!this.#isClosed)
      this.#cancel = this.#context.clock.schedule(this.#intervalMs, () => void this.#round());
  }

  async #restore(): Promise<number> {
    const { socket, keys, options } = this.#context;
    let left = options.unackedRestoreLimit ?? Infinity;
    let total = 0;
    while (left > 0 && !this.#isClosed) {
      const limit = Math.min(BATCH, left);
      const { visibilityTimeout } = options;
      const { seen, restored, named } = await restoreExpired(socket, keys, { visibilityTimeout, limit });
      total += restored;
      for (const message of named) total += await this.#restoreNamed(message);
      if (seen < limit) break;
      left -= seen;
    }
    return total;
  }

  async #restoreNamed(message: { tag: string; exchange: string; routingKey: string }): Promise<number> {
    const { socket, keys, options, bindings, logger } = this.#context;
    const { tag, exchange, routingKey } = message;
    const found = (await bindings.routesOf(exchange))(routingKey);
    const queues = found.length === 0 && options.deadletterQueue ? [options.deadletterQueue] : found;
    if (queues.length === 0) {
      logger.warn(
        { exchange, routingKey, key: keys.parked(routingKey) },
        "a message of a lost consumer has no queue to go back to; it was moved aside",
      );
    }
    const { visibilityTimeout } = options;
    return (await restoreTo(socket, keys, { visibilityTimeout, tag, queues })) ? 1 : 0;
  }
}
