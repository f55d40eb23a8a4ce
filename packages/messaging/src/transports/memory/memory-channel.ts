import { asError, type Clock, ClosedError } from "@q/kernel";
import { randomUUID } from "node:crypto";
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
import { ChannelError, PublishError } from "../../errors.ts";
import { deliveryLoop } from "../virtual/delivery-loop.ts";
import { rotatePast } from "../virtual/queue-cycle.ts";
import { Unacked } from "../virtual/unacked.ts";
import { WakeUp } from "../virtual/wake-up.ts";
import type { MemoryBroker } from "./memory-broker.ts";
import type { MemoryEntry } from "./memory-queue.ts";

const MAX_BATCH = 1000;

/** What a channel needs to know of its connection. */
export interface MemoryChannelOptions {
  readonly broker: MemoryBroker;
  /** Identity of the connection: the owner of exclusive queues. */
  readonly connection: object;
  readonly clock: Clock;
  readonly onClose: () => void;
}

interface Claim {
  readonly queue: string;
  readonly entry: MemoryEntry;
}

interface ClaimOptions {
  readonly limit: number;
  readonly noAck: boolean;
  readonly signal: AbortSignal;
}

/**
 * Channel of the memory transport. A message belongs to its consumer until it is settled, and a channel that closes
 * gives its unsettled messages back in their old order.
 *
 * @see kombu/transport/virtual/base.py, class QoS
 */
export class MemoryChannel implements Channel {
  readonly #options: MemoryChannelOptions;
  readonly #closing = new AbortController();
  readonly #wake = new WakeUp();
  readonly #unacked = new Unacked<Claim>(() => this.#wake.notify());
  #consuming = false;

  constructor(options: MemoryChannelOptions) {
    this.#options = options;
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    const { broker, connection } = this.#open();
    if (entity.kind === "exchange") broker.declareExchange(entity);
    else if (entity.kind === "binding") broker.bind(entity);
    else broker.declareQueue(entity, connection);
  }

  async delete(entity: Exchange | Queue | Binding): Promise<void> {
    const { broker } = this.#open();
    if (entity.kind === "exchange") broker.deleteExchange(entity.name);
    else if (entity.kind === "binding") broker.unbind(entity);
    else broker.deleteQueue(entity.name);
  }

  async queueInfo(name: string): Promise<QueueInfo> {
    const { broker, clock } = this.#open();
    broker.expire(clock);
    const queue = broker.queue(name);
    return { name, messages: queue.size, consumers: queue.consumers.size };
  }

  async purge(name: string): Promise<number> {
    return (
      this.#open()
        .broker.findQueue(name)
        ?.extract(() => true).length ?? 0
    );
  }

  async publish(message: WireMessage, to: Address): Promise<void> {
    const { broker, clock } = this.#open();
    broker.publish(copyOf(message), to, clock);
  }

  async *consume(
    queues: readonly string[],
    options: ConsumeOptions,
  ): AsyncGenerator<readonly Delivery[], void> {
    const { broker } = this.#open();
    if (this.#consuming) throw new ChannelError("this channel is consuming already. Open another channel.");
    const found = queues.map((name) => broker.queue(name));
    this.#consuming = true;
    for (const queue of found) queue.consumers.add(this.#wake);
    this.#unacked.setPrefetch(options.prefetch);
    const noAck = options.noAck ?? false;
    const cycle = [...queues];
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    try {
      yield* deliveryLoop({
        room: () => (noAck ? Infinity : this.#unacked.room),
        claim: (limit) => this.#claim(cycle, { limit, noAck, signal }),
        wake: this.#wake,
        maxBatch: MAX_BATCH,
        signal,
      });
    } finally {
      this.#consuming = false;
      for (const queue of found) {
        queue.consumers.delete(this.#wake);
        if (queue.options.autoDelete && queue.consumers.size === 0) broker.deleteQueue(queue.options.name);
      }
    }
  }

  setPrefetch(prefetch: number): void {
    this.#unacked.setPrefetch(prefetch);
  }

  settle(delivery: Delivery, how: Settlement): void {
    const claim = this.#unacked.take(delivery);
    if (claim === undefined || how === "ack") return;
    const { broker, clock } = this.#options;
    if (how === "reject") broker.bury(claim.queue, claim.entry, { reason: "rejected", clock });
    else this.#giveBack(claim, how === "requeue");
  }

  async flush(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const claim of this.#unacked.takeAll()) this.#giveBack(claim, true);
    this.#options.onClose();
  }

  async #claim(cycle: string[], how: ClaimOptions): Promise<readonly Delivery[]> {
    // A turn of the event loop per batch: a consumer that never waits must not starve timers and sockets.
    await new Promise((resolve) => setImmediate(resolve));
    if (how.signal.aborted) return [];
    const { broker, clock } = this.#options;
    broker.expire(clock);
    const claims = broker.claim(cycle, how.limit);
    rotatePast(cycle, claims.at(-1)?.queue);
    return claims.map((claim) => {
      const delivery = deliveryOf(claim);
      if (!how.noAck) this.#unacked.add(delivery, claim);
      return delivery;
    });
  }

  #giveBack({ queue, entry }: Claim, isMarked: boolean): void {
    const deliveries = entry.deliveries + (isMarked ? 1 : 0);
    this.#options.broker.findQueue(queue)?.put({ ...entry, deliveries });
  }

  #open(): MemoryChannelOptions {
    if (this.#closing.signal.aborted) throw new ClosedError("this channel is closed. Open a new one.");
    return this.#options;
  }
}

function deliveryOf({ queue, entry }: Claim): Delivery {
  const { message, exchange, routingKey, deliveries } = entry;
  return {
    message,
    queue,
    exchange,
    routingKey,
    redelivered: deliveries > 0,
    deliveryCount: deliveries,
    tag: randomUUID(),
    malformed: undefined,
  };
}

/** What a broker would keep: later changes by the sender do not reach it. */
function copyOf(message: WireMessage): WireMessage {
  try {
    const { headers, properties } = structuredClone({
      headers: message.headers,
      properties: message.properties,
    });
    return { ...message, body: Buffer.from(message.body), headers, properties };
  } catch (error) {
    throw new PublishError(
      "the message was not sent: its headers or properties hold something that is not data.",
      {
        sent: "no",
        cause: asError(error),
      },
    );
  }
}
