import type { RetryPolicy } from "@q/kernel";
import { Consumer, type Delivery, Queue } from "@q/messaging";
import type { BackendContext } from "../contracts.ts";
import { policyDelays, withRetries } from "../retries.ts";

/** Seconds that the queue outlives its consumer: time to reconnect, and no leftovers of clients that crash. */
const GRACE_SECONDS = 600;
const firstPolicy: RetryPolicy = { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 };
const laterPolicy: RetryPolicy = { maxRetries: null, intervalStart: 0.1, intervalStep: 0.4, intervalMax: 3 };

/** What {@link ReplyQueue} tells. */
export interface ReplyQueueEvents {
  /** Called for each message, which is then off the queue. It must not throw. */
  readonly onMessage: (delivery: Delivery) => void;
  /** Results cannot come any more; the next `open` tries again. */
  readonly onGiveUp: (error: Error) => void;
}

/**
 * The queue on which this client hears of its results.
 *
 * It is named after the client and reached through the default exchange, as Celery's. Celery lets the broker delete it
 * with its consumer and takes messages without acknowledging them, which loses results when a connection is cut. Ours
 * ends by disuse, or by `close`, and acknowledges.
 *
 * @see wire: AMQP, other entities
 */
export class ReplyQueue {
  readonly #context: BackendContext;
  readonly #events: ReplyQueueEvents;
  readonly #queue: Queue;
  readonly #closing = new AbortController();
  #consumer: Consumer | undefined;
  #opening: Promise<void> | undefined;

  constructor(context: BackendContext, events: ReplyQueueEvents) {
    this.#context = context;
    this.#events = events;
    const expires = Math.min(context.expiresSeconds || GRACE_SECONDS, GRACE_SECONDS);
    this.#queue = new Queue(context.clientId, { durable: true, expires });
  }

  /** Resolves when the queue exists and is consumed. @throws {ConnectionError} @throws {AccessRefusedError} */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    const channel = consumer.session?.channel;
    await consumer.drain();
    await channel?.delete(this.#queue).catch((err: unknown) => {
      this.#context.logger.debug({ err, queue: this.#queue.name }, "a reply queue was left to expire");
    });
    await consumer.stop();
  }

  #open(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#closing;
    return withRetries(() => this.#consume(), {
      delays: policyDelays(firstPolicy),
      isRetryable: (error) => "code" in error && error.code === "ERR_Q_CONNECTION",
      clock,
      signal,
    });
  }

  async #consume(): Promise<void> {
    const { logger, clock } = this.#context;
    let isUp = false;
    const consumer = new Consumer(this.#context.connection(), {
      queues: [this.#queue],
      onBatch: (deliveries) => {
        for (const delivery of deliveries) {
          this.#events.onMessage(delivery);
          consumer.settle(delivery, "ack");
        }
      },
      onGiveUp: (error) => {
        this.#consumer = undefined;
        this.#opening = undefined;
        if (isUp) this.#events.onGiveUp(error);
      },
      // Nobody should wait long to learn that there is no broker; who has waited for a result goes on waiting.
      retryOnStartup: false,
      retryPolicy: laterPolicy,
      logger,
      clock,
    });
    this.#consumer = consumer;
    await consumer.start();
    isUp = true;
  }
}
