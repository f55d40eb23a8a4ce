import type { Address } from "../../contracts.ts";
import type { Binding } from "../../entities/binding.ts";
import type { Exchange } from "../../entities/exchange.ts";
import type { Queue } from "../../entities/queue.ts";
import { PublishError, QueueNotFoundError } from "../../errors.ts";
import { bindingPattern, checkExchangeType, routeMessage } from "../virtual/exchange-types.ts";
import { milliseconds } from "../virtual/message-ttl.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** A queue as a message is put into it. */
export interface TargetQueue {
  readonly id: number;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Exchanges, queues, bindings and consumers of a database. Methods that change them belong inside a write. */
export class TopologyStore {
  readonly #database: SqliteDatabase;
  // Holds for one transaction, in which nobody else can change the topology.
  readonly #routes = new Map<string, readonly TargetQueue[]>();
  #routesOf = 0;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  declareExchange(exchange: Exchange): void {
    checkExchangeType(exchange, "SQLite");
    const { name, type } = exchange;
    if (name !== "") this.#sql("INSERT OR IGNORE INTO exchange (name, type) VALUES (?, ?)").run(name, type);
  }

  declareQueue(queue: Queue, owner: number | undefined, nowMs: number): void {
    this.#routes.clear();
    this.#sql(
      `INSERT INTO queue (name, arguments, exclusive, auto_delete, owner, expires_ms, used_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET used_at = excluded.used_at`,
    ).run(
      queue.name,
      JSON.stringify(queue.arguments),
      Number(queue.exclusive),
      Number(queue.autoDelete),
      owner ?? null,
      milliseconds(queue.arguments["x-expires"]) ?? null,
      nowMs,
    );
  }

  /** @throws {QueueNotFoundError} */
  bind({ queue, exchange, routingKey }: Binding): void {
    if (exchange.name === "") return;
    const { id } = this.queue(queue);
    this.declareExchange(exchange);
    this.#routes.clear();
    const [row] = this.#sql("SELECT type FROM exchange WHERE name = ?").all(exchange.name);
    this.#sql(
      "INSERT OR IGNORE INTO binding (exchange, routing_key, queue, pattern) VALUES (?, ?, ?, ?)",
    ).run(exchange.name, routingKey, id, bindingPattern(String(row?.[0]), routingKey));
  }

  unbind({ queue, exchange, routingKey }: Binding): void {
    this.#routes.clear();
    const id = this.findQueue(queue)?.id ?? null;
    this.#sql("DELETE FROM binding WHERE exchange = ? AND routing_key = ? AND queue = ?").run(
      exchange.name,
      routingKey,
      id,
    );
  }

  deleteExchange(name: string): void {
    this.#routes.clear();
    this.#sql("DELETE FROM exchange WHERE name = ?").run(name);
    this.#sql("DELETE FROM binding WHERE exchange = ?").run(name);
  }

  deleteQueue(name: string): void {
    const queue = this.findQueue(name);
    if (queue !== undefined) this.#deleteQueueById(queue.id);
  }

  findQueue(name: string): TargetQueue | undefined {
    const row = this.#sql("SELECT id, name, arguments FROM queue WHERE name = ?").first(name);
    return row && targetOf(row);
  }

  /** @throws {QueueNotFoundError} */
  queue(name: string): TargetQueue {
    const found = this.findQueue(name);
    if (found === undefined) throw new QueueNotFoundError(name);
    return found;
  }

  consumersOf(queue: number): number {
    return Number(this.#sql("SELECT count(*) FROM consumer WHERE queue = ?").first(queue)?.[0]);
  }

  /** @throws {QueueNotFoundError} */
  addConsumer(queue: string, owner: number): number {
    const { id } = this.queue(queue);
    const [row] = this.#sql("INSERT INTO consumer (queue, owner) VALUES (?, ?) RETURNING id").all(id, owner);
    return Number(row?.[0]);
  }

  /** Removes a consumer, and its queue when that is auto-delete and this was the last one. */
  removeConsumer(consumer: number, nowMs: number): void {
    const [row] = this.#sql("DELETE FROM consumer WHERE id = ? RETURNING queue").all(consumer);
    if (row === undefined) return;
    const queue = Number(row[0]);
    this.#sql("UPDATE queue SET used_at = ? WHERE id = ? AND expires_ms IS NOT NULL").run(nowMs, queue);
    if (this.consumersOf(queue) > 0) return;
    if (this.#sql("SELECT 1 FROM queue WHERE id = ? AND auto_delete = 1").all(queue).length > 0)
      this.#deleteQueueById(queue);
  }

  /** Removes the consumers of an owner that ends, its exclusive queues, and auto-delete ones that nobody consumes. */
  removeOwner(owner: number, nowMs: number): void {
    const consumers = this.#sql("SELECT id FROM consumer WHERE owner = ?").all(owner);
    for (const [consumer] of consumers) this.removeConsumer(Number(consumer), nowMs);
    for (const [id, exclusive] of this.#sql("SELECT id, exclusive FROM queue WHERE owner = ?").all(owner)) {
      if (exclusive === 1 || this.consumersOf(Number(id)) === 0) this.#deleteQueueById(Number(id));
    }
  }

  /** Removes the queues that were without use for longer than their `x-expires`. A write of its own. */
  async removeUnused(nowMs: number): Promise<void> {
    const unused = `SELECT id FROM queue WHERE expires_ms IS NOT NULL AND used_at + expires_ms < ?
      AND NOT EXISTS (SELECT 1 FROM consumer WHERE consumer.queue = queue.id)`;
    if (this.#sql(unused).first(nowMs) === undefined) return;
    await this.#database.write(() => {
      for (const [id] of this.#sql(unused).all(nowMs)) this.#deleteQueueById(Number(id));
    });
  }

  /**
   * The queues that get a message.
   *
   * @throws {PublishError} when the exchange, or the queue of the default exchange, does not exist
   */
  route(to: Address): readonly TargetQueue[] {
    if (this.#routesOf !== this.#database.transactionCount) this.#routes.clear();
    this.#routesOf = this.#database.transactionCount;
    const key = `${to.exchange}\n${to.routingKey}`;
    const known = this.#routes.get(key) ?? this.#findRoute(to);
    this.#routes.set(key, known);
    return known;
  }

  /** Whether {@link route} would find the exchange, or the queue of the default exchange. */
  exists({ exchange, routingKey }: Address): boolean {
    if (exchange === "") return this.findQueue(routingKey) !== undefined;
    return this.#sql("SELECT 1 FROM exchange WHERE name = ?").first(exchange) !== undefined;
  }

  #findRoute({ exchange, routingKey }: Address): readonly TargetQueue[] {
    if (exchange === "") {
      const queue = this.findQueue(routingKey);
      if (queue !== undefined) return [queue];
      const cause = new QueueNotFoundError(routingKey);
      throw new PublishError(`the message was not sent: ${cause.message}`, { sent: "no", cause });
    }
    const found = this.#sql("SELECT type FROM exchange WHERE name = ?").first(exchange);
    if (found === undefined) {
      throw new PublishError(
        `the message was not sent: exchange "${exchange}" does not exist on the broker. Declare it first, or check the name.`,
        { sent: "no" },
      );
    }
    const rows = this.#sql(
      `SELECT queue.id, queue.name, queue.arguments, binding.routing_key, binding.pattern
       FROM binding JOIN queue ON queue.id = binding.queue WHERE binding.exchange = ?`,
    ).all(exchange);
    const bindings = rows.map((row) => ({
      queue: String(row[1]),
      routingKey: String(row[3]),
      pattern: String(row[4]),
    }));
    const wanted = new Set(routeMessage(String(found[0]), bindings, routingKey));
    const targets = new Map(rows.map((row) => [String(row[1]), row]));
    return [...targets].filter(([name]) => wanted.has(name)).map(([, row]) => targetOf(row));
  }

  #deleteQueueById(id: number): void {
    this.#routes.clear();
    for (const table of ["message", "binding", "consumer"])
      this.#sql(`DELETE FROM ${table} WHERE queue = ?`).run(id);
    this.#sql("DELETE FROM queue WHERE id = ?").run(id);
  }

  #sql(sql: string): ReturnType<SqliteDatabase["prepare"]> {
    return this.#database.prepare(sql);
  }
}

function targetOf(row: readonly unknown[]): TargetQueue {
  return { id: Number(row[0]), name: String(row[1]), arguments: argumentsOf(String(row[2])) };
}

function argumentsOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    // A damaged row must not keep messages from flowing.
    return {};
  }
}
