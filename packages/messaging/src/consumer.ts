import {
  asError,
  type Clock,
  deferred,
  type Deferred,
  type Logger,
  retryDelayMs,
  type Service,
  silentLogger,
  sleep,
  systemClock,
} from "@q/kernel";
import { abortable, bounded } from "./connection/bounded.ts";
import { type Connection, defaultConnectPolicy } from "./connection/connection.ts";
import { isFinalError } from "./connection/final-error.ts";
import type { ConsumerOptions } from "./consumer/consumer-options.ts";
import { ConsumerSession } from "./consumer/consumer-session.ts";
import { countWaiting, Watchdog } from "./consumer/watchdog.ts";
import type { Channel, Delivery, Settlement, TransportConnection } from "./contracts.ts";
import { declareEntity } from "./entities/declare.ts";
import type { Queue } from "./entities/queue.ts";
import { ChannelError, ConnectionError } from "./errors.ts";

const onePass = { maxRetries: 0, intervalStart: 0, intervalStep: 0, intervalMax: 0 } as const;
/** A session that lived shorter does not reset the delays: a broker that accepts and drops us is not hammered. */
const STABLE_AFTER_MS = 3000;
/** What a broken channel gets to close itself in before the next session is built. */
const TEARDOWN_LIMIT_MS = 1000;

/**
 * Keeps consuming from a set of queues, whatever happens to the connection.
 *
 * What is wanted (queues, prefetch, arguments) is declared here and kept; everything on the broker's side is derived
 * from it. One loop does that: connect → open a channel → declare → consume. After *any* error the session is torn
 * down, `onLost` told, a delay waited, and all of it built anew.
 *
 * States: *new* → `start` → *building* ⇄ *consuming*; `drain` → *draining* (takes nothing, still settles);
 * `stop`, a final error or an exhausted policy → *ended*, which is final.
 *
 * Delivery is at least once: what was not settled when a session ends is delivered again, here or elsewhere.
 */
export class Consumer implements Service, AsyncDisposable {
  readonly #connection: Connection;
  readonly #options: ConsumerOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #started: Deferred<void> = deferred();
  #prefetch: number;
  #running: Promise<void> | undefined;
  #session: ConsumerSession | undefined;
  #generation = 0;
  #isDraining = false;
  /** Resolved when the present iteration has ended and the next, if any, has begun. */
  #reshaped: Deferred<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(connection: Connection, options: ConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#prefetch = options.prefetch ?? Infinity;
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    for (const queue of options.queues) this.#queues.set(queue.name, queue);
    // `start` hands it out; without a caller the failure is told to `onGiveUp` only.
    this.#started.promise.catch(() => {});
  }

  /** The session that is consuming, if any. */
  get session(): ConsumerSession | undefined {
    return this.#session;
  }

  /** Names of the queues it consumes from, or will as soon as there is a connection. */
  consumingFrom(): string[] {
    return [...this.#queues.keys()];
  }

  /**
   * Resolves when it consumes for the first time, or was stopped before it could. Aborting `signal`, then or later, is `stop`.
   *
   * @throws the error that `onGiveUp` is told, or the first one when `retryOnStartup` is false
   */
  start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) void this.stop();
    signal?.addEventListener("abort", () => void this.stop(), { once: true });
    if (!this.#stopping.signal.aborted) this.#running ??= this.#run();
    return abortable(this.#started.promise, signal);
  }

  /** Adds a queue, or replaces the one of that name. Resolves when it is consumed from, at once while there is no session. */
  addQueue(queue: Queue): Promise<void> {
    this.#queues.set(queue.name, queue);
    return this.#reshape();
  }

  /** Stops taking from a queue; what was taken stays ours until settled. Resolves when nothing more will come from it. */
  cancelQueue(name: string): Promise<void> {
    return this.#queues.delete(name) ? this.#reshape() : Promise.resolve();
  }

  /** Changes the prefetch, now and for every later session. */
  setPrefetch(prefetch: number): void {
    this.#prefetch = prefetch;
    this.#session?.channel.setPrefetch(prefetch);
  }

  /**
   * Ends a delivery. False when it is not ours any more: settled before, or its channel is gone and the broker will
   * deliver it again. Coalesced with others; `flush` waits until they have reached the broker.
   */
  settle(delivery: Delivery, how: Settlement): boolean {
    return this.#session?.settle(delivery, how) ?? false;
  }

  /** Resolves when every settlement so far has reached the broker; rejects when it cannot any more. */
  async flush(): Promise<void> {
    await this.#session?.channel.flush();
  }

  /** Stops taking deliveries and keeps the channel, so that those under way can be settled. Resolves when none will come. */
  drain(): Promise<void> {
    this.#isDraining = true;
    return this.#reshape();
  }

  /** Flushes settlements, gives back what is unsettled and closes the channel; `stopTimeoutMs` at the longest. */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #shutDown(): Promise<void> {
    const limitMs = this.#options.stopTimeoutMs ?? 5000;
    const session = this.#session;
    this.#isDraining = true;
    session?.endIteration();
    if (session) {
      const tooLate = (): Error =>
        new ConnectionError(`The broker did not confirm settlements within ${limitMs} ms.`);
      await bounded(session.channel.flush(), { clock: this.#clock, limitMs: limitMs / 2, tooLate }).catch(
        (err: unknown) => {
          this.#logger.warn(
            { err },
            "settlements may be lost at the stop of a consumer; those tasks may run again",
          );
        },
      );
      await session.end(limitMs / 2);
    }
    this.#stopping.abort();
    await this.#running;
    this.#started.resolve();
  }

  /** The loop: one turn per session. */
  async #run(): Promise<void> {
    const policy = this.#options.retryPolicy ?? defaultConnectPolicy;
    const stop = this.#stopping.signal;
    for (let retry = 0; !stop.aborted; retry++) {
      const beginMs = this.#clock.monotonic();
      const generation = this.#generation;
      try {
        await this.#live();
        break;
      } catch (thrown) {
        if (stop.aborted) break;
        const error = asError(thrown);
        const wasUp = this.#generation > generation;
        if (wasUp) this.#tell(() => this.#options.onLost?.(error));
        if (this.#isDraining) break;
        if (wasUp && this.#clock.monotonic() - beginMs >= STABLE_AFTER_MS) retry = 0;
        const isExhausted = !wasUp && policy.maxRetries !== null && retry >= policy.maxRetries;
        const isStartup = this.#generation === 0 && this.#options.retryOnStartup === false;
        if (isExhausted || isStartup || isFinalError(error)) return this.#giveUp(error);
        await this.#pause(error, retryDelayMs(policy, retry));
      }
    }
    this.#reshaped?.resolve();
  }

  #giveUp(error: Error): void {
    const { isBeside = false } = this.#options;
    this.#logger[isBeside ? "debug" : "error"](
      { err: error, queues: this.consumingFrom() },
      "the consumer gives up",
    );
    this.#started.reject(error);
    this.#reshaped?.resolve();
    this.#tell(() => this.#options.onGiveUp?.(error));
  }

  async #pause(error: Error, delayMs: number): Promise<void> {
    const { isBeside = false } = this.#options;
    this.#logger[isBeside ? "debug" : "warn"](
      { err: error, delayMs, queues: this.consumingFrom() },
      "consuming failed, trying again",
    );
    this.#tell(() => this.#options.onRetry?.(error, delayMs));
    await sleep(delayMs, { clock: this.#clock, signal: this.#stopping.signal });
  }

  /** One session from connecting to its end. Returns when asked to stop, rejects when it broke. */
  async #live(): Promise<void> {
    const stop = this.#stopping.signal;
    const connection = await this.#connection.connect({ policy: onePass, signal: stop });
    const channel = await this.#openChannel(connection);
    const session = new ConsumerSession(this.#generation + 1, { connection, channel }, this.#clock);
    const unlisten = this.#connection.on("lost", ({ error }) => session.interrupt(error));
    let watchdog: Watchdog | undefined;
    try {
      await abortable(Promise.race([this.#declare(session), session.broken]), stop);
      this.#generation++;
      this.#session = session;
      watchdog = this.#watch(session);
      await this.#iterations(session);
    } finally {
      unlisten();
      watchdog?.stop();
      this.#session = undefined;
      await session.end(TEARDOWN_LIMIT_MS);
    }
  }

  /** Iterates over the queues wanted, anew whenever they change, until the session breaks or is to end. */
  async #iterations(session: ConsumerSession): Promise<void> {
    let isUp = false;
    while (session.isLive && !this.#isDraining) {
      while (!this.#isDeclared(session)) await Promise.race([this.#declare(session), session.broken]);
      const iteration = this.#iterate(session);
      // Of a broken session nobody needs to know how its iteration ended.
      iteration.catch(() => {});
      if (!isUp) this.#isUp(session);
      isUp = true;
      this.#settleReshape();
      await Promise.race([iteration, session.broken]);
      session.iterationEnded();
    }
    this.#settleReshape();
    // Draining: the channel stays for settlements.
    await abortable(session.broken, this.#stopping.signal);
  }

  async #iterate(session: ConsumerSession): Promise<void> {
    const queues = [...this.#queues.values()];
    const signal = session.iterate();
    if (queues.length === 0) {
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
    const noAck = this.#options.noAck ?? queues.every((queue) => queue.noAck);
    const names = queues.map((queue) => queue.name);
    const consumerArguments = Object.assign(
      {},
      ...queues.map((queue) => queue.consumerArguments),
      this.#options.arguments,
    );
    const options = { prefetch: this.#prefetch, signal, noAck, arguments: consumerArguments };
    for await (const batch of session.channel.consume(names, options)) {
      if (!session.isLive) return;
      session.received(batch, noAck);
      this.#options.onBatch(batch, session);
    }
    if (!signal.aborted) throw new ChannelError("The broker ended the consumer. It is built anew.");
  }

  async #openChannel(connection: TransportConnection): Promise<Channel> {
    const opening = connection.openChannel();
    try {
      return await abortable(this.#inTime(opening, connection), this.#stopping.signal);
    } catch (error) {
      opening.then((late) => late[Symbol.asyncDispose]()).catch(() => {});
      throw error;
    }
  }

  #isDeclared(session: ConsumerSession): boolean {
    return [...this.#queues.values()].every((queue) => session.declared.has(queue));
  }

  async #declare(session: ConsumerSession): Promise<void> {
    for (const queue of this.#queues.values()) {
      if (session.declared.has(queue)) continue;
      await this.#inTime(declareEntity(session.channel, queue), session.connection);
      session.declared.add(queue);
    }
  }

  /** Opening and declaring on a half-open connection would wait for ever. */
  #inTime<TValue>(work: Promise<TValue>, connection: TransportConnection): Promise<TValue> {
    const limitMs = this.#options.setupTimeoutMs ?? 10_000;
    const tooLate = (): Error => {
      const error = new ConnectionError(`The broker did not answer within ${limitMs} ms.`);
      this.#connection.giveUpOn(connection, error);
      return error;
    };
    return bounded(work, { clock: this.#clock, limitMs, tooLate });
  }

  #watch(session: ConsumerSession): Watchdog | undefined {
    const { watchdog } = this.#options;
    if (!watchdog) return undefined;
    const hasRoom = (): boolean => session.unsettled < this.#prefetch;
    return new Watchdog({
      clock: this.#clock,
      idleMs: watchdog.idleMs ?? 30_000,
      canTake: () => !this.#isDraining && hasRoom() && watchdog.hasFreeSlots(),
      lastDeliveryMs: () => session.lastDeliveryMs,
      waiting: () => countWaiting(session.connection, [...this.#queues.values()]),
      onStalled: (error) => {
        this.#logger.warn(
          { err: error, code: error.code, queues: this.consumingFrom() },
          "the consumer has stalled",
        );
        session.interrupt(error);
        this.#connection.giveUpOn(session.connection, error);
      },
    });
  }

  #isUp(session: ConsumerSession): void {
    this.#logger.debug({ queues: this.consumingFrom(), generation: session.generation }, "consuming");
    this.#tell(() => this.#options.onUp?.(session));
    this.#started.resolve();
  }

  /** Has the iteration ended, and begun anew with the queues now wanted. */
  #reshape(): Promise<void> {
    if (!this.#session) return Promise.resolve();
    this.#reshaped ??= deferred();
    this.#session.endIteration();
    return this.#reshaped.promise;
  }

  #settleReshape(): void {
    this.#reshaped?.resolve();
    this.#reshaped = undefined;
  }

  #tell(callback: () => void): void {
    try {
      callback();
    } catch (err) {
      this.#logger.error({ err }, "a callback of the consumer threw");
    }
  }
}
