import type { ConsumeOptions } from "../../contracts.ts";
import type { DriverChannel, DriverMessage } from "./amqp-driver.ts";
import { reply, replyCode } from "./amqp-errors.ts";
import type { AmqpSession } from "./amqp-session.ts";
import { changeOfLimit, type LimitedConsumer, shareOf } from "./prefetch-limits.ts";

/** What a {@link Subscription} tells its owner. */
export interface SubscriptionEvents {
  readonly onMessage: (message: DriverMessage, queue: string) => void;
  /** The broker ended the consumer of a queue, as a rule because the queue is gone. */
  readonly onCancelled: (queue: string) => void;
  /** A later change of the prefetch failed. */
  readonly onError: (error: Error) => void;
}

/** What a {@link Subscription} is to consume. */
export interface SubscriptionRequest {
  readonly queues: readonly string[];
  readonly options: ConsumeOptions;
  readonly events: SubscriptionEvents;
  /** Whether the channel has a limit as a whole; shared by the subscriptions that follow each other on it. */
  readonly channelLimit: { isSet: boolean };
}

/**
 * The consumers of one iteration and their prefetch.
 *
 * Where the broker can, one limit holds for the whole channel and changes in place. Quorum queues, and RabbitMQ from
 * version 4 on, know only a limit per consumer, fixed when it begins: there consumers are added and cancelled, and each
 * queue gets its share. A limit below that of the oldest consumer needs a new one, which does not know what the old one
 * has left unsettled: until that is settled, up to the new limit more may be delivered.
 */
export class Subscription {
  readonly #session: AmqpSession;
  readonly #channel: DriverChannel;
  readonly #queues: readonly string[];
  readonly #options: ConsumeOptions;
  readonly #events: SubscriptionEvents;
  readonly #isPerConsumer: boolean;
  readonly #channelLimit: { isSet: boolean };
  readonly #consumers = new Map<string, LimitedConsumer[]>();
  #wanted: number;
  #applied: number | undefined;
  #applying: Promise<void> | undefined;
  #ended = false;

  constructor(session: AmqpSession, channel: DriverChannel, request: SubscriptionRequest) {
    this.#session = session;
    this.#channel = channel;
    this.#queues = [...new Set(request.queues)];
    this.#options = request.options;
    this.#events = request.events;
    this.#channelLimit = request.channelLimit;
    this.#wanted = request.options.prefetch;
    this.#isPerConsumer =
      request.options.noAck !== true &&
      (session.alwaysPerConsumer || this.#queues.some((queue) => session.perConsumerQueues.has(queue)));
  }

  /** @throws {QueueNotFoundError} when a queue does not exist. */
  async start(): Promise<void> {
    try {
      if (this.#isPerConsumer) {
        // Quorum queues refuse consumers on a channel that still has one.
        if (this.#channelLimit.isSet) await this.#qos(Infinity, true);
        return await this.#apply();
      }
      const wanted = this.#wanted;
      if (this.#options.noAck !== true) await this.#qos(wanted, true);
      for (const queue of this.#queues) await this.#consume(queue, wanted);
      this.#applied = wanted;
      this.setPrefetch(this.#wanted);
    } catch (error) {
      this.#rememberRefusal(error);
      throw error;
    }
  }

  /** Takes effect soon; of several changes in a row only the last may. */
  setPrefetch(prefetch: number): void {
    this.#wanted = prefetch;
    if (this.#applied === undefined || this.#options.noAck === true) return;
    this.#applying ??= this.#apply()
      .catch((error: Error) => this.#events.onError(error))
      .finally(() => (this.#applying = undefined));
  }

  /** Cancels the consumers. Afterwards nothing more is delivered. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#applying;
    for (const consumers of this.#consumers.values()) {
      await Promise.all(consumers.map(({ tag }) => this.#cancel(tag)));
    }
    this.#consumers.clear();
  }

  async #apply(): Promise<void> {
    while (!this.#ended && this.#applied !== this.#wanted) {
      const wanted = this.#wanted;
      if (!this.#isPerConsumer) await this.#qos(wanted, true);
      else for (const queue of this.#queues) await this.#limit(queue, shareOf(wanted, this.#queues.length));
      this.#applied = wanted;
    }
  }

  async #limit(queue: string, limit: number): Promise<void> {
    const consumers = this.#consumers.get(queue) ?? [];
    const change = changeOfLimit(consumers, limit);
    if (change.add !== undefined) {
      await this.#qos(change.add, false);
      await this.#consume(queue, change.add);
    }
    for (const consumer of change.cancel) {
      await this.#cancel(consumer.tag);
      consumers.splice(consumers.indexOf(consumer), 1);
    }
  }

  /** For the broker 0 is no limit, and nothing at all is not to be had: the least is one. */
  async #qos(prefetch: number, global: boolean): Promise<void> {
    const what = "setting the prefetch";
    const limit = prefetch === Infinity ? 0 : Math.max(1, prefetch);
    await this.#session.request({ what }, (done) => this.#channel.prefetch(limit, global, done));
    if (global) this.#channelLimit.isSet = limit > 0;
  }

  async #consume(queue: string, limit: number): Promise<void> {
    const { noAck = false, arguments: args = {} } = this.#options;
    const onMessage = (message: DriverMessage | null): void =>
      message === null ? this.#events.onCancelled(queue) : this.#events.onMessage(message, queue);
    const ok = await this.#session.request<{ consumerTag: string }>(
      { what: `consuming from queue "${queue}"`, queue },
      (done) => this.#channel.consume(queue, onMessage, { noAck, arguments: args }, done),
    );
    const consumers = this.#consumers.get(queue) ?? [];
    consumers.push({ tag: ok.consumerTag, limit });
    this.#consumers.set(queue, consumers);
  }

  async #cancel(tag: string): Promise<void> {
    await this.#session.request({ what: "cancelling a consumer" }, (done) => this.#channel.cancel(tag, done));
  }

  /** The next connection then knows how to ask: the broker ends this one. */
  #rememberRefusal(error: unknown): void {
    if (!(error instanceof Error) || replyCode(error.cause) !== reply.notImplemented) return;
    for (const queue of this.#queues) this.#session.perConsumerQueues.add(queue);
  }
}
