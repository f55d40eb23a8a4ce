import { type Clock, ClosedError, QError } from "@q/kernel";
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
import { ChannelError, ConnectionError, PublishError } from "../../errors.ts";
import { deliveryLoop } from "../virtual/delivery-loop.ts";
import { rotatePast } from "../virtual/queue-cycle.ts";
import { Unacked } from "../virtual/unacked.ts";
import { WakeUp } from "../virtual/wake-up.ts";
import { readEnvelope } from "./envelope.ts";
import { type ClaimedMessage, outgoing } from "./message-store.ts";
import { Settlements } from "./settlements.ts";
import type { SqliteBroker } from "./sqlite-broker.ts";

const MAX_BATCH = 200;
const PURGE_BATCH = 5000;

/** What a channel needs of its connection. */
export interface SqliteChannelOptions {
  readonly broker: SqliteBroker;
  readonly clock: Clock;
  readonly onClose: () => void;
}

interface ClaimContext {
  readonly cycle: string[];
  readonly noAck: boolean;
  readonly signal: AbortSignal;
}

/** Channel of the SQLite transport. Its reads are immediate; its writes join the transaction of their turn. */
export class SqliteChannel implements Channel {
  readonly #options: SqliteChannelOptions;
  readonly #broker: SqliteBroker;
  readonly #settlements: Settlements;
  readonly #closing = new AbortController();
  readonly #wake = new WakeUp();
  readonly #unacked = new Unacked<number>(() => this.#wake.notify());
  #consuming = false;

  constructor(options: SqliteChannelOptions) {
    this.#options = options;
    this.#broker = options.broker;
    this.#settlements = new Settlements(options.broker, options.clock);
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    const { database, topology } = this.#open();
    if (entity.kind === "exchange") return database.write(() => topology.declareExchange(entity));
    if (entity.kind === "binding") return database.write(() => topology.bind(entity));
    const owner = entity.exclusive || entity.autoDelete ? await this.#broker.owner.id() : undefined;
    await database.write(() => topology.declareQueue(entity, owner, this.#options.clock.now()));
  }

  async delete(entity: Exchange | Queue | Binding): Promise<void> {
    const { database, topology } = this.#open();
    if (entity.kind === "exchange") return database.write(() => topology.deleteExchange(entity.name));
    if (entity.kind === "binding") return database.write(() => topology.unbind(entity));
    await this.purge(entity.name);
    await database.write(() => topology.deleteQueue(entity.name));
  }

  async queueInfo(name: string): Promise<QueueInfo> {
    const { database, messages, topology } = this.#open();
    await messages.expireDue(this.#options.clock.now());
    return database.read(() => {
      const { id } = topology.queue(name);
      return { name, messages: messages.countWaiting(id), consumers: topology.consumersOf(id) };
    });
  }

  async purge(name: string): Promise<number> {
    const { database, messages, topology } = this.#open();
    let total = 0;
    let removed: number;
    do {
      removed = await database.write(() => {
        const queue = topology.findQueue(name);
        return queue === undefined ? 0 : messages.purge(queue.id, PURGE_BATCH);
      });
      total += removed;
    } while (removed === PURGE_BATCH);
    return total;
  }

  async publish(message: WireMessage, to: Address): Promise<void> {
    const { database, messages } = this.#open();
    const row = outgoing(message, to);
    try {
      await database.write(({ wakes }) => {
        if (messages.insert(row, this.#options.clock.now()) > 0) wakes.add(messages.wakeFile);
      });
    } catch (error) {
      if (error instanceof PublishError || !(error instanceof QError)) throw error;
      throw new PublishError(`the message was not sent: ${error.message}`, {
        sent: "no",
        cause: error.cause ?? error,
      });
    }
  }

  async *consume(
    queues: readonly string[],
    options: ConsumeOptions,
  ): AsyncGenerator<readonly Delivery[], void> {
    const { messages } = this.#open();
    if (this.#consuming) throw new ChannelError("this channel is consuming already. Open another channel.");
    this.#consuming = true;
    this.#unacked.setPrefetch(options.prefetch);
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const noAck = options.noAck ?? false;
    const context = { cycle: [...queues], noAck, signal };
    let consumers: readonly number[] = [];
    const unlisten = messages.wakeFile.listen(() => this.#wake.notify());
    // A broken database must end the iteration also when nothing arrives any more.
    void this.#broker.database.broken.then(() => this.#wake.notify());
    try {
      consumers = await this.#addConsumers(queues);
      yield* deliveryLoop({
        room: () => (noAck ? Infinity : this.#unacked.room),
        claim: (limit) => this.#claim(limit, context),
        wake: this.#wake,
        maxBatch: MAX_BATCH,
        signal,
      });
    } catch (error) {
      // A consumer that cannot claim is of no use: whoever owns the connection must make a new one.
      if (error instanceof ConnectionError) this.#broker.database.fail(error);
      throw error;
    } finally {
      unlisten();
      this.#consuming = false;
      await this.#removeConsumers(consumers);
    }
  }

  setPrefetch(prefetch: number): void {
    this.#unacked.setPrefetch(prefetch);
  }

  settle(delivery: Delivery, how: Settlement): void {
    const id = this.#unacked.take(delivery);
    if (id !== undefined) this.#settlements.add(id, how);
  }

  flush(): Promise<void> {
    return this.#settlements.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const id of this.#unacked.takeAll()) this.#settlements.add(id, "requeue");
    this.#options.onClose();
    // A broken database gives them back by itself: its owner is no longer alive.
    await this.#settlements.flush().catch(() => {});
  }

  async #claim(limit: number, { cycle, noAck, signal }: ClaimContext): Promise<readonly Delivery[]> {
    const { database, messages } = this.#broker;
    // A look costs a tenth of a transaction, and most wake-ups are for others.
    if (!database.read(() => cycle.some((queue) => messages.hasWaiting(queue)))) return [];
    const owner = await this.#broker.owner.id();
    const claimed = await database.write(() => {
      if (signal.aborted) return [];
      const batch = messages.claim(cycle, { limit, owner, nowMs: this.#options.clock.now() });
      if (noAck) messages.remove(idsOf(batch), owner);
      return batch;
    });
    if (signal.aborted && !noAck && claimed.length > 0) {
      await this.#undoClaim(idsOf(claimed), owner);
      return [];
    }
    rotatePast(cycle, claimed.at(-1)?.queue);
    return claimed.map((message) => {
      const delivery = deliveryOf(message);
      if (!noAck) this.#unacked.add(delivery, message.id);
      return delivery;
    });
  }

  /** The consumer left while the claim was under way. */
  #undoClaim(ids: readonly number[], owner: number): Promise<unknown> {
    const { database, messages } = this.#broker;
    return database.write(({ wakes }) => {
      messages.undoClaim(ids, owner);
      wakes.add(messages.wakeFile);
    });
  }

  async #addConsumers(queues: readonly string[]): Promise<readonly number[]> {
    const owner = await this.#broker.owner.id();
    const { database, topology } = this.#broker;
    return database.write(() => {
      for (const queue of queues) topology.queue(queue);
      return queues.map((queue) => topology.addConsumer(queue, owner));
    });
  }

  async #removeConsumers(consumers: readonly number[]): Promise<void> {
    const { database, topology } = this.#broker;
    const nowMs = this.#options.clock.now();
    const remove = (): void => consumers.forEach((consumer) => topology.removeConsumer(consumer, nowMs));
    // When the database is broken the consumers go with their owner.
    if (consumers.length > 0) await database.write(remove).catch(() => {});
  }

  #open(): SqliteBroker {
    if (this.#closing.signal.aborted) throw new ClosedError("this channel is closed. Open a new one.");
    return this.#broker;
  }
}

function idsOf(messages: readonly ClaimedMessage[]): number[] {
  return messages.map(({ id }) => id);
}

function deliveryOf({ id, queue, deliveries, envelope, body }: ClaimedMessage): Delivery {
  const { message, exchange, routingKey, malformed } = readEnvelope(envelope, body);
  const redelivered = deliveries > 0;
  return {
    message,
    queue,
    exchange,
    routingKey,
    redelivered,
    deliveryCount: deliveries,
    tag: `${id}`,
    malformed,
  };
}
