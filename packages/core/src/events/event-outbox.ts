import { asError, type Cancel, coalesce, type Deferred, deferred, sleep } from "@q/kernel";
import type { WireMessage } from "@q/messaging";
import type { Exchange } from "@q/messaging/entities";
import type { App } from "../app/app.ts";
import { eventRoutingKey } from "../protocol/event-message.ts";
import { EventBatch } from "./event-batch.ts";
import { eventExchange } from "./event-exchange.ts";

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
  #waiting: EventBatch[] = [];
  #count = 0;
  #batches = 0;
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

  /** `json` is an event of that type; those of a group travel together. */
  add(type: string, json: string, group: string | undefined): void {
    if (this.#isOff) return void this.#dropped++;
    let last = this.#waiting.at(-1);
    if (group === undefined || last?.group !== group || last.count >= this.#options.maxBatch) {
      last = new EventBatch({ serial: this.#batches++, type, group });
      this.#waiting.push(last);
    }
    last.add(json);
    this.#count++;
    if (this.#count > this.#options.maxWaiting) this.#dropOldest();
    if (this.#pause === undefined) this.#arm();
  }

  /** Counts events that were given up before they came here. */
  drop(count: number): void {
    this.#dropped += count;
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
      this.#count -= batch.count;
      this.#inFlight++;
      void this.#send(batch);
    }
  }

  /** Never rejects. */
  async #send(batch: EventBatch): Promise<void> {
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

  async #publish(batch: EventBatch): Promise<void> {
    this.#exchange ??= this.#findExchange();
    const exchange = await this.#exchange;
    const message = exchange && (await this.#encode(batch));
    if (exchange === undefined || message === undefined) return void (this.#dropped += batch.count);
    const routingKey = batch.group === undefined ? eventRoutingKey(batch.type) : `${batch.group}.multi`;
    const producer = await this.#app.producer();
    await producer.publish(
      message,
      { exchange: exchange.name, routingKey },
      { declare: [exchange], retry: false, timeoutMs: ATTEMPT_MS },
    );
    this.#sent += batch.count;
    this.#hasWarned = false;
  }

  /** The message of a batch; nothing when its content has no form in the serializer, which no retry would mend. */
  async #encode(batch: EventBatch): Promise<WireMessage | undefined> {
    const { conf, logger } = this.#app;
    const headers = { hostname: this.#options.hostname };
    const properties = { deliveryMode: 1 } as const;
    if (conf.eventSerializer === "json") {
      return {
        body: batch.body(),
        contentType: "application/json",
        contentEncoding: "utf-8",
        headers,
        properties,
      };
    }
    try {
      const codec = await this.#app.codec();
      const options = { serializer: conf.eventSerializer, compression: undefined };
      const { body, contentType, contentEncoding } = await codec.encodeAsync(
        JSON.parse(batch.body().toString()),
        options,
      );
      return { body, contentType, contentEncoding, headers, properties };
    } catch (err) {
      logger.warn({ err, type: batch.type }, "events could not be encoded and are dropped");
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
  #keep(batch: EventBatch, error: Error): void {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#app.logger.warn({ err: error }, "events cannot be sent; they wait for the broker");
    }
    if (this.#isOff || batch.type === "worker-heartbeat") this.#dropped += batch.count;
    else {
      // Several may be under way when the broker goes: they wait in the order in which they were sent.
      const later = this.#waiting.findIndex(({ serial }) => serial > batch.serial);
      this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, batch);
      this.#count += batch.count;
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
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#count -= oldest.count;
    this.#dropped += oldest.count;
  }
}
