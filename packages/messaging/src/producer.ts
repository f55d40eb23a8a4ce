import {
  type Clock,
  ClosedError,
  deferred,
  type Deferred,
  type RetryPolicy,
  retryDelayMs,
  sleep,
  Slots,
  systemClock,
} from "@q/kernel";
import { bounded } from "./connection/bounded.ts";
import type { Connection } from "./connection/connection.ts";
import type { Address, WireMessage } from "./contracts.ts";
import type { Exchange } from "./entities/exchange.ts";
import type { Queue } from "./entities/queue.ts";
import { ConnectionError, PublishError } from "./errors.ts";
import { Deadlines } from "./producer/deadlines.ts";
import { isRetryable, PendingPublish } from "./producer/pending-publish.ts";
import { ProducerLink } from "./producer/producer-link.ts";
import type { PublishOptions } from "./producer/publish-options.ts";

/** Celery's `task_publish_retry_policy`: three retries, after 0, 0.2 and 0.4 s. */
export const defaultPublishPolicy: RetryPolicy = {
  maxRetries: 3,
  intervalStart: 0,
  intervalStep: 0.2,
  intervalMax: 1,
};

/** Options of a {@link Producer}. */
export interface ProducerOptions {
  /** Default {@link defaultPublishPolicy}. */
  readonly retryPolicy?: RetryPolicy;
  /** Bound of one attempt, milliseconds, connecting and declaring included. Default 5000. */
  readonly timeoutMs?: number;
  /** Messages that may be under way at once; further calls wait. Default 10000. */
  readonly maxInFlight?: number;
  readonly clock?: Clock;
}

const noOptions: PublishOptions = {};
const noEntities: readonly (Exchange | Queue)[] = [];
const onePass: RetryPolicy = { maxRetries: 0, intervalStart: 0, intervalStep: 0, intervalMax: 0 };

/**
 * Publishes messages over a channel of its own. Any number of calls may be under way at once.
 *
 * Every call settles. An attempt ends after `timeoutMs` at the latest, so with the defaults (4 attempts of 5 s, 0.6 s
 * between them) a call that has its place among `maxInFlight` is over within 21 s, and a broker that refuses
 * connections is reported after 0.6 s. A message whose fate is unknown is published again as it is, so a consumer may
 * see it twice with the same id; with `retry: false` it is published at most once.
 *
 * States: *unlinked*; *linking* (connecting and opening a channel, once for all callers); *linked*; *closed*. Any failed
 * attempt retires the link it used, the loss of the connection does the same, and the next attempt makes a new one.
 */
export class Producer implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #policy: RetryPolicy;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #slots: Slots;
  readonly #pending: Deadlines<PendingPublish>;
  #link: ProducerLink | undefined;
  #linking: Promise<ProducerLink> | undefined;
  #isClosed = false;
  #idle: Deferred<void> | undefined;
  readonly #unlisten: () => void;

  constructor(connection: Connection, options: ProducerOptions = {}) {
    this.#connection = connection;
    this.#policy = options.retryPolicy ?? defaultPublishPolicy;
    this.#timeoutMs = options.timeoutMs ?? 5000;
    this.#clock = options.clock ?? systemClock;
    this.#slots = new Slots(options.maxInFlight ?? 10_000);
    this.#pending = new Deadlines(this.#clock, (pending) => this.#expire(pending));
    this.#unlisten = connection.on("lost", () => this.#retire(this.#link));
  }

  /** Calls of `publish` that have not settled, those that wait for their turn included. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Resolves when the broker owns the message (see `confirms` of the transport's capabilities for what that is worth).
   * Messages of one turn travel together where the transport can; those under way when a connection is lost may arrive
   * in another order.
   *
   * @throws {PublishError} when the policy is exhausted; its `sent` covers all attempts. At once, when the address is no
   *   text
   * @throws {AccessRefusedError} at once, when the broker refuses our credentials
   * @throws {ClosedError} when the producer or its connection is closed
   */
  publish(message: WireMessage, to: Address, options: PublishOptions = noOptions): Promise<void> {
    const pending = new PendingPublish(message, to, options);
    return new Promise((resolve, reject) => {
      pending.resolve = resolve;
      pending.reject = reject;
      if (this.#isClosed) return reject(new ClosedError("The producer is closed. Make a new one."));
      // Some addresses come from messages: a reply to, a link, a chord's body; a sender writes there what it likes.
      if (typeof to.exchange !== "string" || typeof to.routingKey !== "string")
        return reject(
          new PublishError("the address of a message is no text: exchange and routing key", { sent: "no" }),
        );
      if (options.signal && !this.#listen(pending, options.signal)) return;
      if (this.#slots.tryAcquire()) return this.#begin(pending);
      this.#pending.add(pending);
      void this.#slots.acquire().then(() => this.#begin(pending));
    });
  }

  /** Resolves when every call of `publish` so far has settled. */
  drain(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    this.#idle ??= deferred();
    return this.#idle.promise;
  }

  /** Gives up the calls under way, which reject with a {@link PublishError}, and closes the channel. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unlisten();
    for (const pending of this.#pending.all()) {
      pending.failAttempt(new ConnectionError("The producer was closed."));
      this.#settle(
        pending,
        new PublishError("The producer was closed before the broker had the message.", pending),
      );
    }
    this.#retire(this.#link);
  }

  /** Lets the calls under way settle, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    await this.close();
  }

  #listen(pending: PendingPublish, signal: AbortSignal): boolean {
    if (signal.aborted) {
      pending.reject(signal.reason);
      return false;
    }
    pending.onAbort = () => this.#settle(pending, signal.reason);
    signal.addEventListener("abort", pending.onAbort, { once: true });
    return true;
  }

  #begin(pending: PendingPublish): void {
    pending.hasSlot = true;
    if (pending.isSettled) this.#slots.release();
    else this.#attempt(pending);
  }

  #attempt(pending: PendingPublish): void {
    pending.attempt++;
    pending.deadlineMs = this.#clock.monotonic() + (pending.options.timeoutMs ?? this.#timeoutMs);
    this.#pending.add(pending);
    const link = this.#link;
    if (link?.hasDeclared(pending.options.declare ?? noEntities)) this.#send(pending, link);
    else void this.#prepare(pending);
  }

  async #prepare(pending: PendingPublish): Promise<void> {
    const { attempt } = pending;
    try {
      const link = this.#link ?? (await this.#openLink());
      if (pending.attempt !== attempt) return;
      pending.link = link;
      await link.declare(pending.options.declare ?? noEntities);
      if (pending.attempt === attempt) this.#send(pending, link);
    } catch (error) {
      this.#fail(pending, attempt, error);
    }
  }

  #send(pending: PendingPublish, link: ProducerLink): void {
    const { attempt } = pending;
    pending.link = link;
    pending.isHandedOver = true;
    link.sending();
    link.channel.publish(pending.message, pending.to).then(
      () => {
        link.sent();
        // Good news counts even when it is late.
        this.#settle(pending);
      },
      (error: unknown) => {
        link.sent();
        this.#fail(pending, attempt, error);
      },
    );
  }

  #expire(pending: PendingPublish): void {
    const { link, attempt } = pending;
    const limitMs = pending.options.timeoutMs ?? this.#timeoutMs;
    const error = new ConnectionError(`The broker did not answer within ${limitMs} ms.`);
    this.#fail(pending, attempt, error);
    // Silence for that long is how a half-open connection looks; another channel on it would fare no better.
    if (link) this.#connection.giveUpOn(link.connection, error);
  }

  #fail(pending: PendingPublish, attempt: number, error: unknown): void {
    if (pending.isSettled || pending.attempt !== attempt) return;
    this.#retire(pending.link);
    pending.failAttempt(error);
    const policy = pending.options.retryPolicy ?? this.#policy;
    const isExhausted = policy.maxRetries !== null && pending.retries >= policy.maxRetries;
    if (isExhausted || pending.options.retry === false || this.#isClosed || !isRetryable(error)) {
      return this.#settle(pending, pending.failure(error));
    }
    const delayMs = retryDelayMs(policy, pending.retries++);
    void sleep(delayMs, { clock: this.#clock, signal: pending.options.signal }).then(() => {
      if (!pending.isSettled) this.#attempt(pending);
    });
  }

  #settle(pending: PendingPublish, error?: unknown): void {
    if (pending.isSettled) return;
    pending.isSettled = true;
    pending.attempt++;
    this.#pending.delete(pending);
    if (pending.onAbort) pending.options.signal?.removeEventListener("abort", pending.onAbort);
    if (pending.hasSlot) this.#slots.release();
    if (error === undefined) pending.resolve();
    else pending.reject(error);
    if (this.#idle === undefined || this.#pending.size > 0) return;
    this.#idle.resolve();
    this.#idle = undefined;
  }

  #openLink(): Promise<ProducerLink> {
    this.#linking ??= this.#connectLink().finally(() => (this.#linking = undefined));
    return this.#linking;
  }

  async #connectLink(): Promise<ProducerLink> {
    const connection = await this.#connection.connect({ policy: onePass });
    const limitMs = this.#timeoutMs;
    const tooLate = (): Error => {
      const error = new ConnectionError(`The broker did not open a channel within ${limitMs} ms.`);
      this.#connection.giveUpOn(connection, error);
      return error;
    };
    const channel = await bounded(connection.openChannel(), { clock: this.#clock, limitMs, tooLate });
    const link = new ProducerLink(connection, channel);
    if (this.#isClosed) {
      link.retire();
      throw new ClosedError("The producer is closed. Make a new one.");
    }
    this.#link = link;
    return link;
  }

  #retire(link: ProducerLink | undefined): void {
    if (this.#link === link) this.#link = undefined;
    link?.retire();
  }
}
