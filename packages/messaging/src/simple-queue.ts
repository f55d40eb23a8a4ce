import { type Clock, Mailbox, systemClock, TimeoutError } from "@q/kernel";
import type { Connection } from "./connection/connection.ts";
import { Consumer } from "./consumer.ts";
import type { Channel } from "./contracts.ts";
import { declareEntity } from "./entities/declare.ts";
import { Queue } from "./entities/queue.ts";
import { ReceivedMessage } from "./message-stream.ts";
import { Producer } from "./producer.ts";
import { BodyCodec } from "./serializers/body-codec.ts";

/** Options of a {@link SimpleQueue}. */
export interface SimpleQueueOptions {
  /** Format of what is put. Default `json`. */
  readonly serializer?: string;
  /** Compression of what is put. Default none. */
  readonly compression?: string;
  /** Default: all formats of Q, and `serializer` accepted. */
  readonly codec?: BodyCodec;
  /** Messages need no end: what is got is gone. Default false. */
  readonly noAck?: boolean;
  readonly clock?: Clock;
}

/** A message got from a {@link SimpleQueue}, with its decoded value. */
export interface SimpleMessage {
  readonly payload: unknown;
  readonly message: ReceivedMessage;
}

/**
 * A queue of values on a broker, with the ease of a queue in memory.
 *
 * @see kombu/simple.py, class SimpleQueue
 */
export class SimpleQueue implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #queue: Queue;
  readonly #options: SimpleQueueOptions;
  readonly #serializer: string;
  readonly #codec: BodyCodec;
  readonly #producer: Producer;
  readonly #inbox = new Mailbox<ReceivedMessage>();
  #consumer: Consumer | undefined;

  constructor(connection: Connection, queue: Queue | string, options: SimpleQueueOptions = {}) {
    const { clock = systemClock, serializer = "json" } = options;
    this.#connection = connection;
    this.#queue = typeof queue === "string" ? new Queue(queue) : queue;
    this.#options = options;
    this.#serializer = serializer;
    this.#codec = options.codec ?? new BodyCodec({ accept: [serializer] });
    this.#producer = new Producer(connection, { clock });
  }

  /** Resolves when the broker owns the value. @throws {PublishError} */
  async put(value: unknown): Promise<void> {
    const { exchange, routingKey } = this.#queue;
    const message = await this.#codec.encodeMessage(value, {
      serializer: this.#serializer,
      compression: this.#options.compression,
      properties: { deliveryMode: exchange.deliveryMode },
    });
    const address = { exchange: exchange.name, routingKey };
    await this.#producer.publish(message, address, { declare: [this.#queue] });
  }

  /**
   * The oldest value, as soon as there is one. End its message when you are done with it.
   *
   * @param options `timeout` in seconds, as in kombu; default for ever
   * @throws {TimeoutError} when there was none in time
   * @throws {DecodeError} when the body cannot be decoded; the message is rejected then
   */
  async get(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<SimpleMessage> {
    const { timeout, signal } = options;
    await this.#consume();
    const expired = new AbortController();
    const { clock = systemClock } = this.#options;
    const cancel = timeout === undefined ? undefined : clock.schedule(timeout * 1000, () => expired.abort());
    const message = await this.#inbox.take(
      signal ? AbortSignal.any([signal, expired.signal]) : expired.signal,
    );
    cancel?.();
    signal?.throwIfAborted();
    if (message === undefined)
      throw new TimeoutError(`The queue "${this.#queue.name}" gave nothing within ${timeout} s.`);
    return this.#decode(message);
  }

  /** A value that has arrived here already, or `undefined`. The first call begins to fetch. */
  async getNowait(): Promise<SimpleMessage | undefined> {
    await this.#consume();
    const message = this.#inbox.takeNow();
    return message && this.#decode(message);
  }

  /** Values waiting on the broker. */
  async size(): Promise<number> {
    return this.#ask(async (channel) => (await channel.queueInfo(this.#queue.name)).messages);
  }

  /** Removes the waiting values and returns how many there were. */
  async clear(): Promise<number> {
    return this.#ask((channel) => channel.purge(this.#queue.name));
  }

  /** Gives back what was not ended, and closes its channels. The connection stays open. */
  async close(): Promise<void> {
    await this.#consumer?.stop();
    await this.#producer[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #consume(): Promise<void> {
    const { noAck = false, clock = systemClock } = this.#options;
    const consumer: Consumer = (this.#consumer ??= new Consumer(this.#connection, {
      queues: [this.#queue],
      prefetch: 1,
      noAck,
      onBatch: (batch) =>
        batch.forEach((delivery) => this.#inbox.put(new ReceivedMessage(delivery, consumer))),
      clock,
    }));
    await consumer.start();
  }

  async #decode(message: ReceivedMessage): Promise<SimpleMessage> {
    try {
      return { payload: await this.#codec.decodeMessage(message.message), message };
    } catch (error) {
      if (!this.#options.noAck) message.reject();
      throw error;
    }
  }

  async #ask<TAnswer>(question: (channel: Channel) => Promise<TAnswer>): Promise<TAnswer> {
    const channel = await (await this.#connection.connect()).openChannel();
    try {
      await declareEntity(channel, this.#queue);
      return await question(channel);
    } finally {
      await channel[Symbol.asyncDispose]();
    }
  }
}
