import {
  type DatabaseUse,
  ensureSchema,
  type SchemaPart,
  type SqliteDatabase,
} from "@q/messaging/internal/sqlite";
import type { Clock } from "@q/kernel";
import { MAX_REVOCATIONS } from "../revocations.ts";

/** Revoked ids with the time, milliseconds since 1970, at which each is forgotten. */
const revocationSchema: SchemaPart = {
  name: "revocations",
  versions: [
    [
      "CREATE TABLE revocation (task_id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
      "CREATE INDEX revocation_expiry ON revocation (expires_at)",
    ],
  ],
};

const PUT = "INSERT OR REPLACE INTO revocation (task_id, expires_at) SELECT value, ? FROM json_each(?)";
const EXPIRE = "DELETE FROM revocation WHERE expires_at <= ?";
const BOUND = `DELETE FROM revocation WHERE task_id IN
  (SELECT task_id FROM revocation ORDER BY expires_at DESC LIMIT -1 OFFSET ${MAX_REVOCATIONS})`;

/** Revoked ids in a database file. */
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

  async add(ids: readonly string[], ttlSeconds: number): Promise<void> {
    await this.#database.write(() => {
      const nowMs = this.#clock.now();
      this.#database.prepare(PUT).run(Math.round(nowMs + ttlSeconds * 1000), JSON.stringify(ids));
      this.#database.prepare(EXPIRE).run(nowMs);
      this.#database.prepare(BOUND).run();
    });
  }

  list(): readonly string[] {
    return this.#database
      .prepare("SELECT task_id FROM revocation WHERE expires_at > ?")
      .all(this.#clock.now())
      .map(([id]) => String(id));
  }
}
