import { PublishError, QueueNotFoundError } from "@q/messaging";

/** @import { Address, Binding, Exchange, Queue, WireMessage } from "@q/messaging" */

/**
 * @typedef {object} Letter
 * @property {number} number order of publishing
 * @property {string} queue
 * @property {Address} to
 * @property {WireMessage} message
 * @property {number} deliveries
 */

/** Exchanges, queues and the letters that wait in them. */
export class LetterBroker {
  /** @type {Map<string, Letter[]>} */
  #queues = new Map();
  /** @type {Map<string, { type: string, bindings: Map<string, { queue: string, routingKey: string }> }>} */
  #exchanges = new Map();
  #count = 0;
  /** Called when there may be something to take. @type {Set<() => void>} */
  bells = new Set();

  /** @param {Exchange | Queue | Binding} entity */
  declare(entity) {
    if (entity.kind === "queue") {
      if (!this.#queues.has(entity.name)) this.#queues.set(entity.name, []);
    } else if (entity.kind === "exchange") {
      if (!this.#exchanges.has(entity.name))
        this.#exchanges.set(entity.name, { type: entity.type, bindings: new Map() });
    } else if (entity.exchange.name !== "") {
      this.declare(entity.exchange);
      const { queue, routingKey } = entity;
      this.#exchanges.get(entity.exchange.name)?.bindings.set(keyOf(entity), { queue, routingKey });
    }
  }

  /** @param {Exchange | Queue | Binding} entity */
  delete(entity) {
    if (entity.kind === "exchange") this.#exchanges.delete(entity.name);
    else if (entity.kind === "binding")
      this.#exchanges.get(entity.exchange.name)?.bindings.delete(keyOf(entity));
    else {
      this.#queues.delete(entity.name);
      for (const { bindings } of this.#exchanges.values())
        for (const [key, { queue }] of bindings) if (queue === entity.name) bindings.delete(key);
    }
  }

  /** @param {string} name @returns {Letter[]} the letters that wait in a queue, the oldest first */
  letters(name) {
    const letters = this.#queues.get(name);
    if (letters === undefined) throw new QueueNotFoundError(name);
    return letters;
  }

  /** @param {string} name @returns {number} how many letters were thrown away */
  purge(name) {
    return this.#queues.get(name)?.splice(0).length ?? 0;
  }

  /** @param {WireMessage} message @param {Address} to */
  publish(message, to) {
    for (const queue of this.#route(to))
      this.put({ number: this.#count++, queue, to, message: copyOf(message), deliveries: 0 });
  }

  /** Puts a letter before all younger ones. @param {Letter} letter */
  put(letter) {
    const letters = this.#queues.get(letter.queue);
    if (letters === undefined) return;
    const younger = letters.findIndex(({ number }) => number > letter.number);
    letters.splice(younger === -1 ? letters.length : younger, 0, letter);
    for (const bell of this.bells) bell();
  }

  /** @param {Address} to @returns {string[]} */
  #route({ exchange: name, routingKey }) {
    if (name === "" && this.#queues.has(routingKey)) return [routingKey];
    const exchange = this.#exchanges.get(name);
    if (exchange === undefined)
      throw new PublishError(`nothing is known of exchange "${name}" or queue "${routingKey}"`, {
        sent: "no",
      });
    const wanted = [...exchange.bindings.values()].filter(
      (binding) => exchange.type === "fanout" || binding.routingKey === routingKey,
    );
    return [...new Set(wanted.map(({ queue }) => queue))];
  }
}

/** @param {Binding} binding */
function keyOf({ queue, routingKey }) {
  return JSON.stringify([queue, routingKey]);
}

/** @param {WireMessage} message @returns {WireMessage} what the sender can no longer change */
function copyOf(message) {
  const { headers, properties } = structuredClone({
    headers: message.headers,
    properties: message.properties,
  });
  return { ...message, body: Buffer.from(message.body), headers, properties };
}
