import { ImproperlyConfiguredError } from "@q/kernel";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** Tables of one user of a database file, such as the broker or the result backend. */
export interface SchemaPart {
  readonly name: string;
  /** Statements that lead from each version to the next; the first list creates version 1. */
  readonly versions: readonly (readonly string[])[];
}

/**
 * Creates or upgrades the tables of a part.
 *
 * @throws {ImproperlyConfiguredError} when a newer Q has made them
 */
export async function ensureSchema(database: SqliteDatabase, part: SchemaPart): Promise<void> {
  const latest = part.versions.length;
  await database.write(() => {
    database
      .prepare(
        "CREATE TABLE IF NOT EXISTS schema_version (part TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
      )
      .run();
    const found = Number(
      database.prepare("SELECT version FROM schema_version WHERE part = ?").all(part.name)[0]?.[0] ?? 0,
    );
    if (found > latest) {
      throw new ImproperlyConfiguredError(
        `the database ${database.file} was made by a newer version of Q (${part.name} schema ${found}, this one knows ${latest}). ` +
          "Upgrade Q here, or name another file in the URL.",
      );
    }
    for (const sql of part.versions.slice(found).flat()) database.prepare(sql).run();
    if (found === latest) return;
    database
      .prepare("INSERT OR REPLACE INTO schema_version (part, version) VALUES (?, ?)")
      .run(part.name, latest);
  });
}

/** The tables of the broker. Times are milliseconds since 1970. */
export const brokerSchema: SchemaPart = {
  name: "broker",
  versions: [
    [
      // A process that consumes; `token` is unique to its handle.
      `CREATE TABLE owner (
        id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL, machine TEXT NOT NULL, pid INTEGER NOT NULL,
        started TEXT NOT NULL, thread INTEGER NOT NULL, expires_at INTEGER NOT NULL)`,
      "CREATE TABLE exchange (name TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID",
      // 'owner' is the declarer of an exclusive or auto-delete queue.
      `CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, arguments TEXT NOT NULL,
        exclusive INTEGER NOT NULL, auto_delete INTEGER NOT NULL, owner INTEGER,
        expires_ms INTEGER, used_at INTEGER NOT NULL)`,
      `CREATE TABLE binding (
        exchange TEXT NOT NULL, routing_key TEXT NOT NULL, queue INTEGER NOT NULL, pattern TEXT NOT NULL,
        PRIMARY KEY (exchange, routing_key, queue)) WITHOUT ROWID`,
      "CREATE INDEX binding_queue ON binding (queue)",
      "CREATE TABLE consumer (id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, owner INTEGER NOT NULL)",
      "CREATE INDEX consumer_queue ON consumer (queue)",
      // A message without owner waits. 'envelope' is JSON: everything but the body.
      `CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, priority INTEGER NOT NULL, owner INTEGER,
        deliveries INTEGER NOT NULL DEFAULT 0, expires_at INTEGER, envelope TEXT NOT NULL, body BLOB NOT NULL)`,
      "CREATE INDEX message_waiting ON message (queue, priority, id) WHERE owner IS NULL",
      "CREATE INDEX message_owned ON message (owner) WHERE owner IS NOT NULL",
      "CREATE INDEX message_expiry ON message (expires_at) WHERE expires_at IS NOT NULL AND owner IS NULL",
    ],
  ],
};
