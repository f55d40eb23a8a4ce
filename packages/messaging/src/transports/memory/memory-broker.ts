import type { Cancel, Clock } from "@q/kernel";
import type { Address, WireMessage } from "../../contracts.ts";
import type { Binding } from "../../entities/binding.ts";
import type { Exchange } from "../../entities/exchange.ts";
import type { Queue } from "../../entities/queue.ts";
import { PublishError, QueueNotFoundError } from "../../errors.ts";
import { deadLetter, deadLetterAddress, type DeathReason } from "../virtual/dead-letter.ts";
import {
  bindingPattern,
  type BindingRow,
  checkExchangeType,
  routeMessage,
} from "../virtual/exchange-types.ts";
import { expiryOf } from "../virtual/message-ttl.ts";
import { defaultPrioritySteps, priorityStep } from "../virtual/priority.ts";
import { type MemoryEntry, MemoryQueue } from "./memory-queue.ts";

interface MemoryExchange {
  readonly type: string;
  readonly bindings: Map<string, BindingRow>;
}

/** A broker inside this process: exchanges, queues and what waits in them. Nothing survives the process. */
export class MemoryBroker {
  readonly #exchanges = new Map<string, MemoryExchange>();
  readonly #queues = new Map<string, MemoryQueue>();
  #sequence = 0;
  #nextExpiry: { readonly atMs: number; readonly cancel: Cancel } | undefined;

  declareExchange(exchange: Exchange): void {
    checkExchangeType(exchange, "memory");
    if (exchange.name === "" || this.#exchanges.has(exchange.name)) return;
    this.#exchanges.set(exchange.name, { type: exchange.type, bindings: new Map() });
  }

  declareQueue(queue: Queue, connection: object): void {
    const { name, autoDelete, exclusive } = queue;
    if (this.#queues.has(name)) return;
    const exclusiveTo = exclusive ? connection : undefined;
    this.#queues.set(name, new MemoryQueue({ name, autoDelete, exclusiveTo, arguments: queue.arguments }));
  }

  /** @throws {QueueNotFoundError} */
  bind({ queue, exchange, routingKey }: Binding): void {
    if (exchange.name === "") return;
    this.queue(queue);
    this.declareExchange(exchange);
    const { type, bindings } = this.#exchanges.get(exchange.name) as MemoryExchange;
    bindings.set(bindingKey(queue, routingKey), {
      queue,
      routingKey,
      pattern: bindingPattern(type, routingKey),
    });
  }

  unbind({ queue, exchange, routingKey }: Binding): void {
    this.#exchanges.get(exchange.name)?.bindings.delete(bindingKey(queue, routingKey));
  }

  deleteExchange(name: string): void {
    this.#exchanges.delete(name);
  }

  deleteQueue(name: string): void {
    this.#queues.delete(name);
    for (const { bindings } of this.#exchanges.values()) {
      for (const [key, binding] of bindings) if (binding.queue === name) bindings.delete(key);
    }
  }

  /** Removes the queues that live as long as `connection`. */
  deleteExclusive(connection: object): void {
    for (const [name, queue] of this.#queues)
      if (queue.options.exclusiveTo === connection) this.deleteQueue(name);
  }

  findQueue(name: string): MemoryQueue | undefined {
    return this.#queues.get(name);
  }

  /** @throws {QueueNotFoundError} */
  queue(name: string): MemoryQueue {
    const found = this.#queues.get(name);
    if (found === undefined) throw new QueueNotFoundError(name);
    return found;
  }

  /** @throws {PublishError} when the exchange, or the queue of the default exchange, does not exist */
  publish(message: WireMessage, to: Address, clock: Clock): void {
    for (const name of this.#route(to)) this.#enqueue(this.queue(name), message, { to, clock });
  }

  /** Takes up to `limit` entries: most urgent first, and the queues of one urgency in turn, in the order given. */
  claim(names: readonly string[], limit: number): { readonly queue: string; readonly entry: MemoryEntry }[] {
    const claimed: { queue: string; entry: MemoryEntry }[] = [];
    for (const step of defaultPrioritySteps) {
      let cycle = names;
      while (cycle.length > 0 && claimed.length < limit) {
        cycle = cycle.filter((queue) => {
          const entry = claimed.length < limit ? this.#queues.get(queue)?.take(step) : undefined;
          if (entry !== undefined) claimed.push({ queue, entry });
          return entry !== undefined;
        });
      }
    }
    return claimed;
  }

  /** Drops an entry that was taken from `queue`, or sends it to the dead-letter exchange. */
  bury(
    name: string,
    entry: MemoryEntry,
    death: { readonly reason: DeathReason; readonly clock: Clock },
  ): void {
    const to = deadLetterAddress(this.#queues.get(name)?.options.arguments ?? {}, entry.routingKey);
    if (to === undefined) return;
    const { exchange, routingKey } = entry;
    const atMs = death.clock.now();
    const dead = deadLetter(entry.message, { queue: name, reason: death.reason, exchange, routingKey, atMs });
    const targets = this.#routeOrNothing(to);
    for (const target of targets) this.#enqueue(this.queue(target), dead, { to, clock: death.clock });
  }

  /** Ends every waiting message whose time is over. */
  expire(clock: Clock): void {
    const now = clock.now();
    const expired = [...this.#queues].map(([name, queue]) => ({
      name,
      entries: queue.extract((entry) => entry.expiresAtMs <= now),
    }));
    for (const { name, entries } of expired) {
      for (const entry of entries) this.bury(name, entry, { reason: "expired", clock });
    }
  }

  #enqueue(
    queue: MemoryQueue,
    message: WireMessage,
    how: { readonly to: Address; readonly clock: Clock },
  ): void {
    const expiresAtMs = expiryOf(message.properties, queue.options.arguments, how.clock.now()) ?? Infinity;
    const step = priorityStep(message.properties.priority);
    queue.put({ message, ...how.to, sequence: this.#sequence++, step, deliveries: 0, expiresAtMs });
    this.#planExpiry(expiresAtMs, how.clock);
  }

  #planExpiry(atMs: number, clock: Clock): void {
    if (atMs >= (this.#nextExpiry?.atMs ?? Infinity)) return;
    this.#nextExpiry?.cancel();
    const cancel = clock.schedule(atMs - clock.now(), () => {
      this.#nextExpiry = undefined;
      this.expire(clock);
      this.#planExpiry(
        Math.min(Infinity, ...[...this.#queues.values()].map((queue) => queue.nextExpiryMs())),
        clock,
      );
    });
    this.#nextExpiry = { atMs, cancel };
  }

  #route(to: Address): string[] {
    if (to.exchange === "") {
      if (this.#queues.has(to.routingKey)) return [to.routingKey];
      const cause = new QueueNotFoundError(to.routingKey);
      throw new PublishError(`the message was not sent: ${cause.message}`, { sent: "no", cause });
    }
    const exchange = this.#exchanges.get(to.exchange);
    if (exchange !== undefined) return routeMessage(exchange.type, exchange.bindings.values(), to.routingKey);
    throw new PublishError(
      `the message was not sent: exchange "${to.exchange}" does not exist on the broker. Declare it first, or check the name.`,
      { sent: "no" },
    );
  }

  #routeOrNothing(to: Address): string[] {
    const known = to.exchange === "" ? this.#queues.has(to.routingKey) : this.#exchanges.has(to.exchange);
    return known ? this.#route(to) : [];
  }
}

function bindingKey(queue: string, routingKey: string): string {
  return JSON.stringify([queue, routingKey]);
}
