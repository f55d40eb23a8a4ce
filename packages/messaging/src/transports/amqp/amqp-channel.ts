import { ClosedError } from "@q/kernel";
import type {
  Address,
  Channel,
  ConsumeOptions,
  Delivery,
  QueueInfo,
  Settlement,
  WireMessage,
} from "../../contracts.ts";
import type { Binding } from "../../entities/binding.ts";
import type { Exchange } from "../../entities/exchange.ts";
import type { Queue } from "../../entities/queue.ts";
import { AmqpConsumer } from "./amqp-consumer.ts";
import { AmqpDelivery } from "./amqp-delivery.ts";
import { AmqpPublisher } from "./amqp-publisher.ts";
import type { AmqpSession } from "./amqp-session.ts";
import type { Declarations } from "./declarations.ts";

/** Time for what is under way when a channel is closed. */
const DRAIN_TIMEOUT_MS = 2000;
/** Time for all of closing. */
const CLOSE_TIMEOUT_MS = 2500;

/** What a channel is made with. */
export interface AmqpChannelContext {
  readonly session: AmqpSession;
  readonly declarations: Declarations;
  readonly onClosed: () => void;
}

/**
 * A channel of RabbitMQ, made of up to three AMQP channels that are opened on first use: for publishing, for consuming,
 * and the connection's scratch channel for entities. An error of one does not touch the others.
 */
export class AmqpChannel implements Channel {
  readonly #session: AmqpSession;
  readonly #declarations: Declarations;
  readonly #publisher: AmqpPublisher;
  readonly #onClosed: () => void;
  #consumer: AmqpConsumer | undefined;
  #closing: Promise<void> | undefined;

  constructor({ session, declarations, onClosed }: AmqpChannelContext) {
    this.#session = session;
    this.#declarations = declarations;
    this.#onClosed = onClosed;
    this.#publisher = new AmqpPublisher(session);
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    this.#requireOpen();
    return this.#declarations.declare(entity);
  }

  async queueInfo(queue: string): Promise<QueueInfo> {
    this.#requireOpen();
    return this.#declarations.info(queue);
  }

  async purge(queue: string): Promise<number> {
    this.#requireOpen();
    return this.#declarations.purge(queue);
  }

  async delete(entity: Exchange | Queue | Binding): Promise<void> {
    this.#requireOpen();
    return this.#declarations.delete(entity);
  }

  publish(message: WireMessage, to: Address): Promise<void> {
    return this.#publisher.publish(message, to);
  }

  async *consume(
    queues: readonly string[],
    options: ConsumeOptions,
  ): AsyncGenerator<readonly Delivery[], void> {
    this.#requireOpen();
    if (this.#consumer === undefined || this.#consumer.isClosed) {
      const driver = await this.#session.openDriverChannel();
      this.#requireOpen();
      this.#consumer = new AmqpConsumer(this.#session, driver, (queue) => this.#declarations.forget(queue));
    }
    yield* this.#consumer.consume(queues, options);
  }

  setPrefetch(prefetch: number): void {
    this.#consumer?.setPrefetch(prefetch);
  }

  settle(delivery: Delivery, how: Settlement): void {
    if (delivery instanceof AmqpDelivery) delivery.source.settle(delivery.deliveryTag, how);
  }

  async flush(): Promise<void> {
    await this.#consumer?.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock } = this.#session;
    const closed = Promise.all([this.#consumer?.close(), this.#publisher.close(DRAIN_TIMEOUT_MS)]);
    // A peer that is gone without a word answers nothing; the connection notices by its heartbeat.
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(CLOSE_TIMEOUT_MS, resolve);
      void closed.finally(() => {
        cancel();
        resolve();
      });
    });
    this.#onClosed();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError("this channel is closed. Open another one.");
  }
}
