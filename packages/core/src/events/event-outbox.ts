import { asError, type Cancel, coalesce, type Deferred, deferred, sleep } from "@q/kernel";
import type { WireMessage } from "@q/messaging";
import type { Exchange } from "@q/messaging/entities";
import type { App } from "../app/app.ts";
import { type EventMessage, eventRoutingKey } from "../protocol/event-message.ts";
import { eventExchange } from "./event-exchange.ts";

/** Events of one message. */
interface Batch {
  readonly events: EventMessage[];
  /** Set when they travel as a list. */
  readonly group: string | undefined;
}

/** Messages under way at once: enough to hide a round trip, few enough to let batches grow. */
const MAX_IN_FLIGHT = 8;
/** Pause after the broker could not be reached. */
const RETRY_MS = 1000;
/** Bound of one attempt. */
const ATTEMPT_MS = 5000;

/**
 * Events on their way to the broker.
 *
 * States: *idle*; *armed* (events wait for the end of this turn, so that they travel together); *saturated* (they wait
 * for a message under way); *paused* (the broker could not be reached, the next attempt comes by itself or with
 * `flush`); *off* (the broker has no exchange for events); *closed*.
 */
export class EventOutbox {
  readonly #app: App;
  readonly #options: { readonly hostname: string; readonly maxBatch: number; readonly maxWaiting: number };
  readonly #arm: () => void;
  #waiting: Batch[] = [];
  #count = 0;
  #inFlight = 0;
  #sent = 0;
  #dropped = 0;
  #exchange: Promise<Exchange | undefined> | undefined;
  #pause: Cancel | undefined;
  #isOff = false;
  #hasWarned = false;
  #settled: Deferred<void> | undefined;

  constructor(app: App, options: { hostname: string; maxBatch: number; maxWaiting: number }) {
    this.#app = app;
    this.#options = options;
    this.#arm = coalesce(() => this.#start());
  }

  get stats(): { readonly sent: number; readonly dropped: number; readonly waiting: number } {
    return { sent: this.#sent, dropped: this.#dropped, waiting: this.#count };
  }

  add(event: EventMessage, group: string | undefined): void {
    if (this.#isOff) return void this.#dropped++;
    const last = this.#waiting.at(-1);
    if (group !== undefined && last?.group === group && last.events.length < this.#options.maxBatch) {
      last.events.push(event);
    } else this.#waiting.push({ events: [event], group });
    this.#count++;
    if (this.#count > this.#options.maxWaiting) this.#dropOldest();
    if (this.#pause === undefined) this.#arm();
  }

  flush(): Promise<void> {
    this.#resume();
    this.#start();
    if (this.#isSettled) return Promise.resolve();
    this.#settled ??= deferred();
    return this.#settled.promise;
  }

  async close(timeoutMs: number): Promise<void> {
    const done = new AbortController();
    const limit = sleep(timeoutMs, { clock: this.#app.clock, signal: done.signal });
    await Promise.race([this.flush(), limit]);
    done.abort();
    this.#resume();
    this.#isOff = true;
    this.#dropped += this.#count;
    this.#waiting = [];
    this.#count = 0;
  }

  get #isSettled(): boolean {
    return this.#inFlight === 0 && (this.#count === 0 || this.#pause !== undefined);
  }

  #start(): void {
    while (this.#inFlight < MAX_IN_FLIGHT && this.#pause === undefined) {
      const batch = this.#waiting.shift();
      if (batch === undefined) break;
      this.#count -= batch.events.length;
      this.#inFlight++;
      void this.#send(batch);
    }
  }

  /** Never rejects. */
  async #send(batch: Batch): Promise<void> {
    try {
      await this.#publish(batch);
    } catch (thrown) {
      this.#keep(batch, asError(thrown));
    }
    this.#inFlight--;
    this.#start();
    if (!this.#isSettled) return;
    this.#settled?.resolve();
    this.#settled = undefined;
  }

  async #publish(batch: Batch): Promise<void> {
    this.#exchange ??= this.#findExchange();
    const exchange = await this.#exchange;
    const message = exchange && (await this.#encode(batch));
    if (exchange === undefined || message === undefined) return void (this.#dropped += batch.events.length);
    const routingKey =
      batch.group === undefined ? eventRoutingKey(batch.events[0]?.type ?? "") : `${batch.group}.multi`;
    const producer = await this.#app.producer();
    await producer.publish(
      message,
      { exchange: exchange.name, routingKey },
      { declare: [exchange], retry: false, timeoutMs: ATTEMPT_MS },
    );
    this.#sent += batch.events.length;
    this.#hasWarned = false;
  }

  /** The message of a batch; nothing when its content has no form in the serializer, which no retry would mend. */
  async #encode({ events, group }: Batch): Promise<WireMessage | undefined> {
    const { conf, logger } = this.#app;
    const value = group === undefined ? events[0] : events;
    try {
      const codec = await this.#app.codec();
      const options = { serializer: conf.eventSerializer, compression: undefined };
      const { body, contentType, contentEncoding } = await codec.encodeAsync(value, options);
      const headers = { hostname: this.#options.hostname };
      return { body, contentType, contentEncoding, headers, properties: { deliveryMode: 1 } };
    } catch (err) {
      logger.warn({ err, type: events[0]?.type }, "an event could not be encoded and is dropped");
      return undefined;
    }
  }

  async #findExchange(): Promise<Exchange | undefined> {
    const { conf, logger } = this.#app;
    try {
      const exchange = await eventExchange(await this.#app.connectionForWrite(), conf.eventExchange);
      if (exchange === undefined) logger.info({}, "this broker has no topic exchanges: no events are sent");
      this.#isOff = exchange === undefined;
      return exchange;
    } catch (error) {
      this.#exchange = undefined;
      throw error;
    }
  }

  /** The broker does not have it, or may not. A heartbeat is of no use later; anything else is sent again. */
  #keep(batch: Batch, error: Error): void {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#app.logger.warn({ err: error }, "events cannot be sent; they wait for the broker");
    }
    if (this.#isOff || batch.events[0]?.type === "worker-heartbeat") this.#dropped += batch.events.length;
    else {
      this.#waiting.unshift(batch);
      this.#count += batch.events.length;
      while (this.#count > this.#options.maxWaiting) this.#dropOldest();
    }
    if (this.#isOff) return;
    this.#pause ??= this.#app.clock.schedule(RETRY_MS, () => {
      this.#pause = undefined;
      this.#start();
    });
  }

  #resume(): void {
    this.#pause?.();
    this.#pause = undefined;
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting;
    oldest?.events.shift();
    if (oldest?.events.length === 0) this.#waiting.shift();
    this.#count--;
    this.#dropped++;
  }
}
