import type { Logger } from "@q/kernel";
import type { Binding } from "../../entities/binding.ts";
import type { Exchange } from "../../entities/exchange.ts";
import {
  type BindingRow,
  bindingPattern,
  checkExchangeType,
  routeMessage,
} from "../virtual/exchange-types.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisSocket } from "./redis-socket.ts";
import { bind } from "./scripts/bind.ts";

/**
 * Bindings as Redis has them: a set for each exchange that all clients share. Types of exchanges are not stored
 * anywhere: they are known from what was declared on this connection.
 */
export class Bindings {
  readonly #socket: RedisSocket;
  readonly #keys: RedisKeys;
  readonly #logger: Logger;
  readonly #types = new Map<string, string>();
  /** Members we have added, by exchange. */
  readonly #own = new Map<string, Set<string>>();

  constructor(socket: RedisSocket, keys: RedisKeys, logger: Logger) {
    this.#socket = socket;
    this.#keys = keys;
    this.#logger = logger;
  }

  declare(exchange: Exchange): void {
    checkExchangeType(exchange, "Redis");
    this.#types.set(exchange.name, exchange.type);
  }

  isFanout(exchange: string): boolean {
    return this.#types.get(exchange) === "fanout";
  }

  async bind(binding: Binding): Promise<void> {
    const { exchange } = binding;
    this.declare(exchange);
    const member = this.#memberOf(binding);
    const own = this.#own.get(exchange.name) ?? new Set();
    this.#own.set(exchange.name, own.add(member));
    await bind(this.#socket, this.#keys.binding(exchange.name), [member]);
  }

  async unbind(binding: Binding): Promise<void> {
    const member = this.#memberOf(binding);
    this.#own.get(binding.exchange.name)?.delete(member);
    await this.#socket.call("SREM", [this.#keys.binding(binding.exchange.name), member]);
  }

  /** Ends all bindings of a queue that were made on this connection. */
  async unbindQueue(queue: string): Promise<void> {
    for (const [exchange, members] of this.#own) {
      const gone = [...members].filter((member) => this.#keys.parseBindingMember(member)?.queue === queue);
      if (gone.length === 0) continue;
      for (const member of gone) members.delete(member);
      await this.#socket.call("SREM", [this.#keys.binding(exchange), ...gone]);
    }
  }

  async delete(exchange: string): Promise<void> {
    this.#types.delete(exchange);
    this.#own.delete(exchange);
    await this.#socket.call("DEL", [this.#keys.binding(exchange)]);
  }

  /**
   * A function from routing key to the queues that get a copy, as of now. Bindings of ours that have vanished, because
   * the server evicted or lost them, are made again.
   */
  async routesOf(exchange: string): Promise<(routingKey: string) => string[]> {
    const key = this.#keys.binding(exchange);
    let members = (await this.#socket.call("SMEMBERS", [key])) as string[];
    const own = this.#own.get(exchange);
    if (members.length === 0 && own !== undefined && own.size > 0) {
      members = [...own];
      await bind(this.#socket, key, members);
      this.#logger.warn(
        { code: "ERR_Q_BINDINGS_LOST", exchange, key },
        "the bindings of an exchange had vanished from Redis and were made again; is its maxmemory-policy noeviction?",
      );
    }
    const rows = members
      .map((member) => this.#keys.parseBindingMember(member))
      .filter((row) => row !== undefined);
    const type = this.#types.get(exchange) ?? guessType(rows);
    return (routingKey) => routeMessage(type, rows, routingKey);
  }

  #memberOf({ queue, exchange, routingKey }: Binding): string {
    return this.#keys.bindingMember({
      queue,
      routingKey,
      pattern: bindingPattern(exchange.type, routingKey),
    });
  }
}

/** Only topic exchanges have patterns in their bindings. */
function guessType(rows: readonly BindingRow[]): string {
  return rows.some((row) => row.pattern !== "") ? "topic" : "direct";
}
