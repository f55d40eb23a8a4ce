import { asError } from "@q/kernel";
import type { ConsumeOptions, Delivery, Settlement } from "../../contracts.ts";
import { ChannelError, QueueNotFoundError } from "../../errors.ts";
import { AckLedger } from "./ack-ledger.ts";
import { AmqpDelivery, type DeliverySource } from "./amqp-delivery.ts";
import type { DriverChannel, DriverMessage } from "./amqp-driver.ts";
import type { AmqpSession } from "./amqp-session.ts";
import { DeliveryBuffer } from "./delivery-buffer.ts";
import { Subscription } from "./subscription.ts";

/** A consumer tag that nobody has: cancelling it does nothing, and is answered after all that was sent before. */
const NO_CONSUMER = "q.barrier";
/** Settlements worth a write. Fewer wait a moment for company, unless they are a quarter of what the broker may send. */
const WRITE_AT = 100;
const WRITE_WITHIN_MS = 2;

/**
 * One AMQP channel for deliveries: hands them out in batches and writes their settlements.
 *
 * States: *open*; *closed* by us or by the broker. What is settled afterwards is ignored, because the broker has given
 * those deliveries back to their queues.
 */
export class AmqpConsumer implements DeliverySource {
  readonly #session: AmqpSession;
  readonly #channel: DriverChannel;
  readonly #onQueueLost: (queue: string) => void;
  readonly #ledger: AckLedger;
  /** The driver's way of being told a delivery tag. */
  readonly #tag = { fields: { deliveryTag: 0 } } as DriverMessage;
  #error: Error | undefined;
  #isClosed = false;
  #isTurnWatched = false;
  #isWriteTimed = false;
  readonly #channelLimit = { isSet: false };
  /** Settlements were written that the broker may not have processed. */
  #unsure = false;
  #prefetch = Infinity;
  #buffer: DeliveryBuffer | undefined;
  #subscription: Subscription | undefined;

  constructor(session: AmqpSession, channel: DriverChannel, onQueueLost: (queue: string) => void) {
    this.#session = session;
    this.#channel = channel;
    this.#onQueueLost = onQueueLost;
    this.#ledger = new AckLedger({
      ack: (tag, multiple) => channel.ack(this.#tagged(tag), multiple),
      nack: (tag, requeue) => channel.nack(this.#tagged(tag), false, requeue),
    });
    channel.on("error", (error) => (this.#error = error));
    channel.on("close", () => {
      this.#isClosed = true;
      const buffer = this.#buffer;
      // When the connection is lost the driver closes its channels first, and says so afterwards.
      queueMicrotask(() => buffer?.fail(this.#closedError()));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async *consume(
    queues: readonly string[],
    options: ConsumeOptions,
  ): AsyncGenerator<readonly Delivery[], void> {
    if (this.#buffer !== undefined)
      throw new ChannelError("this channel is already consuming. Open another channel.");
    if (options.signal.aborted) return;
    const buffer = new DeliveryBuffer();
    const stop = (): void => buffer.close();
    const subscription = this.#subscribe(buffer, queues, options);
    this.#buffer = buffer;
    this.#subscription = subscription;
    this.#prefetch = options.prefetch;
    options.signal.addEventListener("abort", stop, { once: true });
    try {
      await this.#start(subscription, queues);
      for (;;) {
        const batch = await buffer.take();
        if (batch === undefined) return;
        yield batch;
      }
    } finally {
      options.signal.removeEventListener("abort", stop);
      await this.#leave(subscription, buffer);
    }
  }

  setPrefetch(prefetch: number): void {
    this.#prefetch = prefetch;
    this.#subscription?.setPrefetch(prefetch);
  }

  settle(deliveryTag: number, how: Settlement): void {
    if (this.#isClosed || !this.#ledger.settle(deliveryTag, how) || this.#isTurnWatched) return;
    this.#isTurnWatched = true;
    // At the end of the turn: the settlements of a whole batch leave together.
    setImmediate(() => this.#afterTurn());
  }

  /** Resolves when the broker has processed every settlement; it works through a channel's frames in order. */
  async flush(): Promise<void> {
    this.#write();
    if (!this.#unsure && this.#ledger.unwritten === 0) return;
    if (this.#isClosed) throw this.#closedError();
    this.#unsure = false;
    try {
      const what = "waiting for settlements";
      await this.#session.request({ what }, (done) => this.#channel.cancel(NO_CONSUMER, done));
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
  }

  /** Ends the iteration and closes the channel; the broker gives back what is unsettled, in its old order. */
  async close(): Promise<void> {
    this.#buffer?.close();
    if (this.#isClosed) return;
    this.#write();
    const what = "closing a channel";
    try {
      await this.#session.request<void>({ what }, (done) => this.#channel.close(() => done(null)));
      this.#unsure = false;
    } catch {
      // It closed by itself meanwhile; the broker gives everything back in either case.
    }
    this.#isClosed = true;
  }

  /** Small batches of settlements make the broker send small batches of deliveries, which cost both sides more. */
  #afterTurn(): void {
    this.#isTurnWatched = false;
    const room = this.#prefetch - this.#ledger.outstanding;
    if (this.#ledger.unwritten >= Math.min(WRITE_AT, room / 4)) return this.#write();
    if (this.#isWriteTimed) return;
    this.#isWriteTimed = true;
    this.#session.clock.schedule(WRITE_WITHIN_MS, () => {
      this.#isWriteTimed = false;
      this.#write();
    });
  }

  async #start(subscription: Subscription, queues: readonly string[]): Promise<void> {
    try {
      await subscription.start();
    } catch (error) {
      if (error instanceof QueueNotFoundError) for (const queue of queues) this.#onQueueLost(queue);
      throw error;
    }
  }

  #subscribe(buffer: DeliveryBuffer, queues: readonly string[], options: ConsumeOptions): Subscription {
    const { noAck = false } = options;
    const onMessage = (message: DriverMessage, queue: string): void => {
      if (!noAck) this.#ledger.delivered(message.fields.deliveryTag);
      buffer.put(new AmqpDelivery(message, queue, this));
    };
    const onCancelled = (queue: string): void => {
      this.#onQueueLost(queue);
      const text = `the broker cancelled the consumer of queue "${queue}". Was the queue deleted? Declare it again.`;
      buffer.fail(new ChannelError(text));
    };
    const events = { onMessage, onCancelled, onError: (error: Error) => buffer.fail(error) };
    return new Subscription(this.#session, this.#channel, {
      queues,
      options,
      events,
      channelLimit: this.#channelLimit,
    });
  }

  /** Nothing that was fetched but not yielded may stay with us. */
  async #leave(subscription: Subscription, buffer: DeliveryBuffer): Promise<void> {
    // The channel may close meanwhile, and then the broker does the same.
    await subscription.end().catch(() => {});
    for (const delivery of buffer.drain()) this.settle(Number(delivery.tag), "requeue");
    if (!this.#isClosed) this.#write();
    this.#buffer = undefined;
    this.#subscription = undefined;
  }

  #write(): void {
    if (this.#isClosed || this.#ledger.unwritten === 0) return;
    this.#unsure = true;
    try {
      this.#ledger.write();
    } catch (error) {
      // The driver is closing the channel; its events say why.
      this.#error ??= asError(error);
    }
  }

  #tagged(tag: number): DriverMessage {
    this.#tag.fields.deliveryTag = tag;
    return this.#tag;
  }

  #closedError(): Error {
    return this.#session.explain(this.#error ?? new Error("channel closed"), { what: "consuming" });
  }
}
