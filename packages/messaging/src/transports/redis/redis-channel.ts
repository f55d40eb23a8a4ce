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
import { ChannelError } from "../../errors.ts";
import type { ClaimSocket } from "./claim-socket.ts";
import { Consumption } from "./consumption.ts";
import type { Publisher } from "./publisher.ts";
import { RedisDelivery } from "./redis-delivery.ts";
import type { RedisEntities } from "./redis-entities.ts";
import { classifyRedisError } from "./redis-errors.ts";
import type { RedisSession } from "./redis-session.ts";
import { Settlements } from "./settlements.ts";

/**
 * Channel of the Redis transport.
 *
 * A message is ours from the claim, which is one step on the server, until it is settled; what a dead process held
 * comes back after `visibility_timeout`. Publishing settles when the server has the message; nothing is stored for
 * queues of fanout exchanges, whose consumers get what is published while they are there.
 */
export class RedisChannel implements Channel {
  readonly #session: RedisSession;
  readonly #entities: RedisEntities;
  readonly #publisher: Publisher;
  readonly #settlements: Settlements;
  readonly #onClosed: (channel: RedisChannel) => void;
  /** Queues that go when this channel does. */
  readonly #passing = new Set<string>();
  #consumption: Consumption | undefined;
  /** Where messages are claimed that have to be settled. */
  #claims: ClaimSocket | undefined;
  #closing: Promise<void> | undefined;

  constructor(session: RedisSession, onClosed: (channel: RedisChannel) => void) {
    this.#session = session;
    this.#entities = session.entities;
    this.#publisher = session.publisher;
    this.#settlements = new Settlements(session, () => this.#claims?.free ?? session.socket);
    this.#onClosed = onClosed;
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    await this.#do("declaring", () => this.#entities.declare(entity));
  }

  queueInfo(queue: string): Promise<QueueInfo> {
    return this.#do("looking at a queue", () => this.#entities.queueInfo(queue));
  }

  purge(queue: string): Promise<number> {
    return this.#do("purging a queue", () => this.#entities.purge(queue));
  }

  async delete(entity: Exchange | Queue | Binding): Promise<void> {
    await this.#do("deleting", () => this.#entities.delete(entity));
  }

  publish(message: WireMessage, to: Address): Promise<void> {
    return this.#publisher.publish(message, to);
  }

  async *consume(
    queues: readonly string[],
    options: ConsumeOptions,
  ): AsyncGenerator<readonly Delivery[], void, undefined> {
    if (options.signal.aborted) return;
    if (this.#consumption !== undefined || this.#closing !== undefined) {
      throw new ChannelError(
        "this channel is closed or already consumes. Open another channel for another consumer.",
      );
    }
    const context = { ...this.#session, settlements: this.#settlements };
    const consumption = new Consumption(context, queues, options);
    this.#consumption = consumption;
    const end = (): void => consumption.end();
    options.signal.addEventListener("abort", end, { once: true });
    try {
      const claims = await this.#do("starting to consume", () => this.#prepare(options.noAck === true));
      for (const queue of queues) if (this.#entities.isPassing(queue)) this.#passing.add(queue);
      consumption.start(claims);
      for (let batch = await consumption.next(); batch !== undefined; batch = await consumption.next())
        yield batch;
    } finally {
      options.signal.removeEventListener("abort", end);
      await this.#do("giving messages back", () => consumption.close());
      this.#consumption = undefined;
    }
  }

  setPrefetch(prefetch: number): void {
    if (this.#consumption !== undefined) this.#consumption.prefetch = prefetch;
  }

  settle(delivery: Delivery, how: Settlement): void {
    if (!(delivery instanceof RedisDelivery)) return;
    // First, so that what is settled in this turn and the claim for more go in one write.
    this.#consumption?.refill();
    this.#settlements.settle(delivery, how);
  }

  flush(): Promise<void> {
    return this.#settlements.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The connection is gone: consumers are told, and nothing can be given back. */
  lose(error: Error): void {
    this.#consumption?.fail(error);
    this.#settlements.abandon();
  }

  /** Starts what a consumer needs, and returns where it claims. */
  async #prepare(noAck: boolean): Promise<ClaimSocket> {
    const { options, restorer, leases, sharedClaims, openClaims } = this.#session;
    if (noAck || !options.ackEmulation) return sharedClaims();
    if (this.#claims === undefined) {
      const opening = openClaims();
      restorer.start();
      [this.#claims] = await Promise.all([opening, leases.start()]);
      if (this.#closing !== undefined) this.#claims.close();
    }
    return this.#claims;
  }

  async #close(): Promise<void> {
    this.#onClosed(this);
    const consumption = this.#consumption;
    consumption?.end();
    try {
      if (!this.#session.socket.isOpen) return;
      await consumption?.close();
      await this.#settlements.flush();
      await this.#settlements.giveBackAll();
      for (const queue of this.#passing) await this.#entities.deleteQueue(queue);
    } catch (error) {
      this.#session.logger.warn({ err: error }, "a channel could not give everything back as it closed");
    } finally {
      this.#settlements.abandon();
      this.#claims?.close();
    }
  }

  async #do<TResult>(doing: string, work: () => Promise<TResult>): Promise<TResult> {
    try {
      return await work();
    } catch (thrown) {
      throw classifyRedisError(thrown, doing);
    }
  }
}
