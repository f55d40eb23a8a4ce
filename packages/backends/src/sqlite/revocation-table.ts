import {
  type DatabaseUse,
  ensureSchema,
  type SchemaPart,
  type SqliteDatabase,
} from "@q/messaging/internal/sqlite";
import type { Clock } from "@q/kernel";
import type { RevocationKind } from "../contracts.ts";
import { MAX_REVOCATIONS } from "../revocations.ts";

/** Revoked ids and stamps with the time, milliseconds since 1970, at which each is forgotten. */
const revocationSchema: SchemaPart = {
  name: "revocations",
  versions: [
    [
      "CREATE TABLE revocation (task_id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
      "CREATE INDEX revocation_expiry ON revocation (expires_at)",
    ],
    [
      "CREATE TABLE revoked_stamp (stamp TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
      "CREATE INDEX revoked_stamp_expiry ON revoked_stamp (expires_at)",
    ],
  ],
};

interface Statements {
  readonly put: string;
  readonly expire: string;
  readonly bound: string;
  readonly list: string;
}

function statementsFor(table: string, column: string): Statements {
  return {
    put: `INSERT OR REPLACE INTO ${table} (${column}, expires_at) SELECT value, ? FROM json_each(?)`,
    expire: `DELETE FROM ${table} WHERE expires_at <= ?`,
    bound: `DELETE FROM ${table} WHERE ${column} IN
      (SELECT ${column} FROM ${table} ORDER BY expires_at DESC LIMIT -1 OFFSET ${MAX_REVOCATIONS})`,
    list: `SELECT ${column} FROM ${table} WHERE expires_at > ?`,
  };
}

const statements: Readonly<Record<RevocationKind, Statements>> = {
  id: statementsFor("revocation", "task_id"),
  stamp: statementsFor("revoked_stamp", "stamp"),
};

/** Revocations in a database file. */
export class RevocationTable {
  readonly #database: SqliteDatabase;
  readonly #clock: Clock;

  private constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  static async open({ database }: DatabaseUse, clock: Clock): Promise<RevocationTable> {
    await ensureSchema(database, revocationSchema);
    return new RevocationTable(database, clock);
  }

  async add(kind: RevocationKind, texts: readonly string[], ttlSeconds: number): Promise<void> {
    const { put, expire, bound } = statements[kind];
    await this.#database.write(() => {
      const nowMs = this.#clock.now();
      this.#database.prepare(put).run(Math.round(nowMs + ttlSeconds * 1000), JSON.stringify(texts));
      this.#database.prepare(expire).run(nowMs);
      this.#database.prepare(bound).run();
    });
  }

  list(kind: RevocationKind): readonly string[] {
    const rows = this.#database.prepare(statements[kind].list).all(this.#clock.now());
    return rows.map(([text]) => String(text));
  }
}
