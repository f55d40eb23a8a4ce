import type { Address, WireMessage } from "../../contracts.ts";
import { deadLetter, deadLetterAddress, type DeathReason } from "../virtual/dead-letter.ts";
import { expiryOf } from "../virtual/message-ttl.ts";
import { priorityStep } from "../virtual/priority.ts";
import { readEnvelope, writeEnvelope } from "./envelope.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import type { SqliteStatement, SqlValue } from "./sqlite-driver.ts";
import type { TargetQueue, TopologyStore } from "./topology-store.ts";
import type { WakeFile } from "./wake-file.ts";

/** Expired messages ended per transaction. */
const EXPIRE_BATCH = 500;

/** A message ready to be written. */
export interface OutgoingMessage {
  readonly to: Address;
  readonly envelope: string;
  readonly body: Buffer;
  readonly priority: number;
  readonly properties: WireMessage["properties"];
}

/** A message that was claimed: its row, and how often it had been delivered before. */
export interface ClaimedMessage {
  readonly id: number;
  readonly queue: string;
  readonly priority: number;
  /** Deliveries before this one. */
  readonly deliveries: number;
  readonly expiresAt: number | null;
  readonly envelope: SqlValue | undefined;
  readonly body: SqlValue | undefined;
}

/** How messages are claimed. */
export interface ClaimOptions {
  readonly limit: number;
  readonly owner: number;
  readonly nowMs: number;
}

/** The messages of a database. Methods without a promise belong inside a write, unless they say otherwise. */
export class MessageStore {
  /** Touched whenever messages have become visible. */
  readonly wakeFile: WakeFile;
  readonly #database: SqliteDatabase;
  readonly #topology: TopologyStore;

  constructor(database: SqliteDatabase, topology: TopologyStore) {
    this.#database = database;
    this.#topology = topology;
    this.wakeFile = database.wakeFile("wake");
  }

  /** Puts a message into the queues that it is routed to, and tells how many. @throws {PublishError} */
  insert(message: OutgoingMessage, nowMs: number): number {
    const targets = this.#topology.route(message.to);
    for (const target of targets) this.#insertInto(target, message, nowMs);
    return targets.length;
  }

  /** Whether a queue has waiting messages; a read, needs no write. */
  hasWaiting(queue: string): boolean {
    const waiting = `SELECT 1 FROM message WHERE queue = ${queueId} AND owner IS NULL LIMIT 1`;
    return this.#sql(waiting).first(queue) !== undefined;
  }

  /** Waiting messages of a queue; a read, needs no write. */
  countWaiting(queue: number): number {
    const [count] =
      this.#sql("SELECT count(*) FROM message WHERE queue = ? AND owner IS NULL").first(queue) ?? [];
    return Number(count);
  }

  /** Takes up to `limit` messages: most urgent first, and the queues of one urgency in turn, in the order given. */
  claim(queues: readonly string[], options: ClaimOptions): ClaimedMessage[] {
    for (;;) {
      const [queue = ""] = queues;
      const rows = queues.length === 1 ? this.#claimFrom(queue, options) : this.#claimInTurn(queues, options);
      const live = rows.filter(({ expiresAt }) => expiresAt === null || expiresAt > options.nowMs);
      if (live.length === rows.length) return rows;
      for (const { id } of rows.filter((row) => !live.includes(row))) this.#endExpired(id, options.nowMs);
      if (live.length > 0) return live;
    }
  }

  /** Removes messages of an owner. */
  remove(ids: readonly number[], owner: number): void {
    const { which, value } = among(ids);
    this.#sql(`DELETE FROM message WHERE ${which} AND owner = ?`).run(value, owner);
  }

  /** Makes messages of an owner wait again, in the place of their age. */
  giveBack(ids: readonly number[], owner: number): void {
    const { which, value } = among(ids);
    this.#sql(`UPDATE message SET owner = NULL WHERE ${which} AND owner = ?`).run(value, owner);
  }

  /** The same for claims that nobody has seen: they do not count as deliveries. */
  undoClaim(ids: readonly number[], owner: number): void {
    const { which, value } = among(ids);
    const undo = `UPDATE message SET owner = NULL, deliveries = deliveries - 1 WHERE ${which} AND owner = ?`;
    this.#sql(undo).run(value, owner);
  }

  /** Gives everything back that an owner has, and tells how much that was. */
  giveBackAllOf(owner: number): number {
    return this.#sql("UPDATE message SET owner = NULL WHERE owner = ?").run(owner);
  }

  /** Drops messages of an owner, or sends them to the dead-letter exchange of their queue. */
  reject(ids: readonly number[], owner: number, nowMs: number): void {
    const { which, value } = among(ids);
    const rows = this.#sql(
      `SELECT id, queue, envelope, body FROM message WHERE ${which} AND owner = ? ORDER BY id`,
    ).all(value, owner);
    for (const row of rows) this.#bury(row, "rejected", nowMs);
  }

  /** Removes up to `limit` waiting messages of a queue and tells how many. */
  purge(queue: number, limit: number): number {
    return this.#sql(
      "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE queue = ? AND owner IS NULL LIMIT ?)",
    ).run(queue, limit);
  }

  /** Ends the waiting messages whose time is over. A write of its own, and none when there is nothing to end. */
  async expireDue(nowMs: number): Promise<void> {
    while (this.#hasExpired(nowMs)) {
      await this.#database.write(({ wakes }) => {
        this.expireInside(nowMs);
        wakes.add(this.wakeFile);
      });
    }
  }

  /** The same inside a write. */
  expireInside(nowMs: number): void {
    if (!this.#hasExpired(nowMs)) return;
    const expired = this.#sql(
      "SELECT id, queue, envelope, body FROM message WHERE expires_at <= ? AND owner IS NULL ORDER BY id LIMIT ?",
    ).all(nowMs, EXPIRE_BATCH);
    for (const row of expired) this.#bury(row, "expired", nowMs);
  }

  #claimFrom(queue: string, { limit, owner }: ClaimOptions): ClaimedMessage[] {
    const chosen = `SELECT id FROM message WHERE queue = ${queueId} AND owner IS NULL ORDER BY priority, id LIMIT ?`;
    const rows = this.#sql(claimSql(chosen)).all(owner, queue, limit);
    return rows
      .map((row) => claimedMessage(row, queue))
      .sort((a, b) => a.priority - b.priority || a.id - b.id);
  }

  #claimInTurn(queues: readonly string[], { limit, owner }: ClaimOptions): ClaimedMessage[] {
    const waiting = `SELECT priority, id FROM message WHERE queue = ${queueId} AND owner IS NULL ORDER BY priority, id LIMIT ?`;
    const lines = queues.map((queue) =>
      this.#sql(waiting)
        .all(queue, limit)
        .map(([priority, id]) => ({ queue, priority: Number(priority), id: Number(id) })),
    );
    const chosen = inTurn(lines).slice(0, limit);
    const ids = JSON.stringify(chosen.map(({ id }) => id));
    const rows = this.#sql(claimSql("SELECT value FROM json_each(?)")).all(owner, ids);
    const byId = new Map(rows.map((row) => [Number(row[0]), row]));
    return chosen.map(({ id, queue }) => claimedMessage(byId.get(id) ?? [], queue));
  }

  #endExpired(id: number, nowMs: number): void {
    const row = this.#sql("SELECT id, queue, envelope, body FROM message WHERE id = ?").first(id);
    if (row !== undefined) this.#bury(row, "expired", nowMs);
  }

  #hasExpired(nowMs: number): boolean {
    const expired = "SELECT 1 FROM message WHERE expires_at <= ? AND owner IS NULL LIMIT 1";
    return this.#sql(expired).first(nowMs) !== undefined;
  }

  #insertInto(target: TargetQueue, message: OutgoingMessage, nowMs: number): void {
    const expiresAt = expiryOf(message.properties, target.arguments, nowMs) ?? null;
    this.#sql("INSERT INTO message (queue, priority, expires_at, envelope, body) VALUES (?, ?, ?, ?, ?)").run(
      target.id,
      message.priority,
      expiresAt,
      message.envelope,
      message.body,
    );
  }

  #bury([id, queueIdOfRow, envelope, body]: readonly SqlValue[], reason: DeathReason, nowMs: number): void {
    this.#sql("DELETE FROM message WHERE id = ?").run(Number(id));
    const queue = this.#sql("SELECT name FROM queue WHERE id = ?").first(Number(queueIdOfRow));
    const { message, exchange, routingKey, malformed } = readEnvelope(envelope, body);
    if (queue === undefined || malformed !== undefined) return;
    const name = String(queue[0]);
    const to = deadLetterAddress(this.#topology.queue(name).arguments, routingKey);
    if (to === undefined || !this.#topology.exists(to)) return;
    this.insert(
      outgoing(deadLetter(message, { queue: name, reason, exchange, routingKey, atMs: nowMs }), to),
      nowMs,
    );
  }

  #sql(sql: string): SqliteStatement {
    return this.#database.prepare(sql);
  }
}

const queueId = "(SELECT id FROM queue WHERE name = ?)";
const claimSql = (ids: string): string =>
  `UPDATE message SET owner = ?, deliveries = deliveries + 1 WHERE id IN (${ids})
   RETURNING id, priority, deliveries - 1, expires_at, envelope, body`;

/** Messages by their ids. One alone, the common case of an idle system, does without JSON. */
function among(ids: readonly number[]): { readonly which: string; readonly value: SqlValue } {
  const [id] = ids;
  if (ids.length === 1 && id !== undefined) return { which: "id = ?", value: id };
  return { which: "id IN (SELECT value FROM json_each(?))", value: JSON.stringify(ids) };
}

function claimedMessage(row: readonly SqlValue[], queue: string): ClaimedMessage {
  const [id, priority, deliveries, expiresAt, envelope, body] = row;
  return {
    queue,
    id: Number(id),
    priority: Number(priority),
    deliveries: Number(deliveries),
    expiresAt: typeof expiresAt === "number" ? expiresAt : null,
    envelope,
    body,
  };
}

/** Copies what the database will keep, so that the caller may go on using its buffer. @throws {PublishError} */
export function outgoing(message: WireMessage, to: Address): OutgoingMessage {
  return {
    to,
    envelope: writeEnvelope(message, to),
    body: Buffer.from(message.body),
    priority: priorityStep(message.properties.priority),
    properties: { ...message.properties },
  };
}

interface Candidate {
  readonly queue: string;
  readonly priority: number;
  readonly id: number;
}

/** Merges lines that are each in order: by priority, and within one priority a message of each line in turn. */
function inTurn(lines: readonly (readonly Candidate[])[]): Candidate[] {
  const ranked = lines.flatMap((line, lineIndex) => {
    const places = new Map<number, number>();
    return line.map((candidate) => {
      const place = places.get(candidate.priority) ?? 0;
      places.set(candidate.priority, place + 1);
      return { candidate, place, lineIndex };
    });
  });
  ranked.sort(
    (a, b) => a.candidate.priority - b.candidate.priority || a.place - b.place || a.lineIndex - b.lineIndex,
  );
  return ranked.map(({ candidate }) => candidate);
}
