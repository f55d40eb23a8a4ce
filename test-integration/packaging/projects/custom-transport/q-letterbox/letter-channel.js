import { setImmediate as turn } from "node:timers/promises";

/** @import { Address, Binding, Channel, ConsumeOptions, Delivery, Exchange, Queue, Settlement, WireMessage } from "@q/messaging" */
/** @import { Letter, LetterBroker } from "./letter-broker.js" */

/** @implements {Channel} */
export class LetterChannel {
  #broker;
  #closing = new AbortController();
  /** Deliveries that are not settled. @type {Map<Delivery, Letter>} */
  #held = new Map();
  #prefetch = 0;
  #ring = () => {};
  #count = 0;

  /** @param {LetterBroker} broker */
  constructor(broker) {
    this.#broker = broker;
  }

  /** @param {Exchange | Queue | Binding} entity */
  async declare(entity) {
    this.#broker.declare(entity);
  }

  /** @param {Exchange | Queue | Binding} entity */
  async delete(entity) {
    this.#broker.delete(entity);
  }

  /** @param {string} name */
  async queueInfo(name) {
    return { name, messages: this.#broker.letters(name).length, consumers: undefined };
  }

  /** @param {string} name */
  async purge(name) {
    return this.#broker.purge(name);
  }

  /** @param {WireMessage} message @param {Address} to */
  async publish(message, to) {
    this.#broker.publish(message, to);
  }

  /**
   * @param {readonly string[]} queues
   * @param {ConsumeOptions} options
   * @returns {AsyncGenerator<readonly Delivery[], void, undefined>}
   */
  async *consume(queues, { prefetch, signal, noAck = false }) {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const bell = () => this.#ring();
    const cycle = [...queues];
    this.#prefetch = prefetch;
    this.#broker.bells.add(bell);
    stop.addEventListener("abort", bell);
    try {
      while (!stop.aborted) {
        const batch = this.#take(cycle, noAck);
        if (batch.length > 0) yield batch;
        else await new Promise((resolve) => (this.#ring = () => resolve(undefined)));
        // A consumer that always finds something must not keep timers and sockets waiting.
        await turn();
      }
    } finally {
      this.#broker.bells.delete(bell);
      stop.removeEventListener("abort", bell);
    }
  }

  /** @param {number} prefetch */
  setPrefetch(prefetch) {
    this.#prefetch = prefetch;
    this.#ring();
  }

  /** @param {Delivery} delivery @param {Settlement} how */
  settle(delivery, how) {
    const letter = this.#held.get(delivery);
    if (letter === undefined) return;
    this.#held.delete(delivery);
    if (how === "requeue") this.#giveBack(letter);
    if (how === "return") this.#broker.put(letter);
    this.#ring();
  }

  async flush() {}

  async [Symbol.asyncDispose]() {
    this.#closing.abort();
    for (const letter of this.#held.values()) this.#giveBack(letter);
    this.#held.clear();
  }

  /** One letter of each queue in turn, as long as there is room. @param {string[]} cycle @param {boolean} noAck */
  #take(cycle, noAck) {
    /** @type {Delivery[]} */
    const batch = [];
    let empty = 0;
    while (empty < cycle.length && (noAck || this.#held.size < this.#prefetch)) {
      const queue = /** @type {string} */ (cycle.shift());
      cycle.push(queue);
      const letter = this.#broker.letters(queue).shift();
      if (letter === undefined) {
        empty++;
        continue;
      }
      empty = 0;
      const delivery = this.#deliveryOf(letter);
      if (!noAck) this.#held.set(delivery, letter);
      batch.push(delivery);
    }
    return batch;
  }

  /** @param {Letter} letter @returns {Delivery} */
  #deliveryOf({ message, queue, to, deliveries }) {
    return {
      message,
      queue,
      exchange: to.exchange,
      routingKey: to.routingKey,
      redelivered: deliveries > 0,
      deliveryCount: deliveries,
      tag: `letter-${++this.#count}`,
      malformed: undefined,
    };
  }

  /** @param {Letter} letter */
  #giveBack(letter) {
    this.#broker.put({ ...letter, deliveries: letter.deliveries + 1 });
  }
}
