import { asError, type Clock, ImproperlyConfiguredError, Mailbox, sleep } from "@q/kernel";
import { type BodyCodec, type Connection, Consumer, type Delivery } from "@q/messaging";
import { Queue } from "@q/messaging/entities";
import type { App } from "../app/app.ts";
import { type EventMessage, readEvents, utcOffsetHours } from "../protocol/event-message.ts";
import { eventExchange } from "./event-exchange.ts";

/** An event as a receiver hands it out. */
export interface ReceivedEvent extends EventMessage {
  readonly hostname: string;
  /** Seconds since 1970; the sender's, moved by the difference of the time zones unless `localize` is off. */
  readonly timestamp: number;
  readonly clock: number;
  /** Seconds since 1970, here. */
  readonly local_received: number;
}

/** What is done with events: by type, or with `*` for every type that has no handler of its own. */
export type EventHandlers = Readonly<Record<string, (event: ReceivedEvent) => void>>;

/** Options of an {@link EventReceiver}. */
export interface EventReceiverOptions {
  /** Which events: `#` for all (the default), `task.#`, `worker.heartbeat`. */
  readonly routingKey?: string;
  /** Name of the queue after its prefix. Default a new UUID. */
  readonly nodeId?: string;
  /** Ask workers for a heartbeat first, so that they show at once. Default true. */
  readonly wakeup?: boolean;
  /** Move timestamps by the difference between the sender's time zone and ours, as Celery does. Default true. */
  readonly localize?: boolean;
  /** Connection to listen on, which stays open afterwards. Default one of its own. */
  readonly connection?: Connection;
  /** Told when it hears events, at first and again after a loss. */
  readonly onUp?: () => void;
  /** Told when the connection is lost; it is made again by itself. */
  readonly onLost?: (error: Error) => void;
}

/** When a capture ends; with neither of them, when its signal aborts. */
export interface CaptureOptions {
  readonly limit?: number;
  /** Seconds without an event after which it ends. Default none. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** The clock of clients never meets that of workers: what they send counts as a little older than now. */
const CLIENT_CLOCK_SKEW = -1;

/**
 * Receives the events of the fleet, as an async iterable or with handlers. Reconnects by itself; what was sent
 * meanwhile is missed. One use per receiver.
 *
 * @see celery/events/receiver.py
 */
export class EventReceiver implements AsyncIterable<ReceivedEvent> {
  readonly #app: App;
  readonly #clock: Clock;
  readonly #options: EventReceiverOptions;

  constructor(app: App, options: EventReceiverOptions = {}) {
    this.#app = app;
    this.#clock = app.clock;
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReceivedEvent, void, undefined> {
    return this.events();
  }

  /** Calls handlers for events until the capture ends. What a handler throws is logged. */
  async capture(handlers: EventHandlers, options: CaptureOptions = {}): Promise<void> {
    for await (const event of this.events(options)) {
      try {
        (handlers[event.type] ?? handlers["*"])?.(event);
      } catch (err) {
        this.#app.logger.error({ err, type: event.type }, "an event handler threw");
      }
    }
  }

  /** Events as they come. @throws {ImproperlyConfiguredError} when the broker has no events */
  async *events(options: CaptureOptions = {}): AsyncGenerator<ReceivedEvent, void, undefined> {
    const inbox = new Mailbox<ReceivedEvent | Error>();
    const connection = this.#options.connection ?? (await this.#app.connectionForRead());
    const codec = await this.#codec();
    const consumer = new Consumer(connection, {
      queues: [await this.#queue(connection)],
      noAck: true,
      onBatch: (batch) => batch.forEach((delivery) => this.#receive(delivery, { codec, inbox })),
      onGiveUp: (error) => inbox.put(error),
      onUp: () => this.#options.onUp?.(),
      ...(this.#options.onLost && { onLost: this.#options.onLost }),
      logger: this.#app.logger,
      isBeside: this.#options.connection !== undefined,
      clock: this.#clock,
    });
    try {
      await this.#start(consumer, options.signal);
      yield* this.#take(inbox, options);
    } finally {
      await consumer.stop();
      if (this.#options.connection === undefined) await connection.close();
    }
  }

  async #start(consumer: Consumer, signal: AbortSignal | undefined): Promise<void> {
    // Its failure comes through the inbox as well.
    await consumer.start(signal).catch(() => {});
    if (this.#options.wakeup ?? true) {
      await this.#app.control
        .heartbeat()
        .catch((err: unknown) =>
          this.#app.logger.warn({ err }, "workers could not be asked for a heartbeat"),
        );
    }
  }

  async *#take(
    inbox: Mailbox<ReceivedEvent | Error>,
    { limit = Infinity, timeout, signal }: CaptureOptions,
  ): AsyncGenerator<ReceivedEvent, void, undefined> {
    for (let count = 0; count < limit; count++) {
      const next = await this.#next(inbox, timeout, signal);
      if (next === undefined) return;
      if (next instanceof Error) throw next;
      yield next;
    }
  }

  async #next(
    inbox: Mailbox<ReceivedEvent | Error>,
    timeout: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedEvent | Error | undefined> {
    if (timeout === undefined) return inbox.take(signal);
    const over = new AbortController();
    const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    const limit = sleep(timeout * 1000, { clock: this.#clock, signal: stop }).then(() => over.abort());
    const next = await inbox.take(stop);
    over.abort();
    await limit;
    return next;
  }

  #receive(
    delivery: Delivery,
    to: { readonly codec: BodyCodec; readonly inbox: Mailbox<ReceivedEvent | Error> },
  ): void {
    try {
      if (delivery.malformed) throw delivery.malformed;
      const { body, contentType, contentEncoding } = delivery.message;
      const decoded = to.codec.decode(body, { contentType, contentEncoding });
      for (const event of readEvents(decoded)) to.inbox.put(this.#complete(event));
    } catch (thrown) {
      this.#app.logger.warn({ err: asError(thrown) }, "an event could not be read");
    }
  }

  #complete(event: EventMessage): ReceivedEvent {
    const { logicalClock } = this.#app;
    const nowMs = this.#clock.now();
    let { clock } = event;
    if (event.type === "task-sent") clock = (logicalClock.value || 1) + CLIENT_CLOCK_SKEW;
    if (typeof clock === "number") logicalClock.adjust(clock);
    else clock = logicalClock.forward();
    return {
      ...event,
      hostname: typeof event.hostname === "string" ? event.hostname : "",
      timestamp: this.#localized(event, nowMs),
      clock,
      local_received: nowMs / 1000,
    };
  }

  #localized({ timestamp, utcoffset }: EventMessage, nowMs: number): number {
    if (typeof timestamp !== "number") return nowMs / 1000;
    if (typeof utcoffset !== "number" || this.#options.localize === false) return timestamp;
    return timestamp - (utcoffset - utcOffsetHours(new Date(nowMs))) * 3600;
  }

  async #codec(): Promise<BodyCodec> {
    const { eventSerializer } = this.#app.conf;
    return this.#app.codecFor([eventSerializer, "json"]);
  }

  async #queue(connection: Connection): Promise<Queue> {
    const { conf } = this.#app;
    const { nodeId = crypto.randomUUID(), routingKey = "#" } = this.#options;
    const exchange = await eventExchange(connection, conf.eventExchange);
    if (exchange === undefined) {
      throw new ImproperlyConfiguredError(
        "this broker has no topic exchanges, so there are no events to receive",
      );
    }
    return new Queue(`${conf.eventQueuePrefix}.${nodeId}`, {
      exchange,
      routingKey,
      durable: conf.eventQueueDurable,
      // Exclusive is the default: who asks for a durable queue need not know of it.
      exclusive: conf.eventQueueExclusive && !conf.eventQueueDurable,
      autoDelete: !conf.eventQueueDurable,
      noAck: true,
      ...(conf.eventQueueTtl !== null && { messageTtl: conf.eventQueueTtl }),
      ...(conf.eventQueueExpires !== null && { expires: conf.eventQueueExpires }),
    });
  }
}
