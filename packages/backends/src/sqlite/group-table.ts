import {
  type DatabaseUse,
  ensureSchema,
  type SchemaPart,
  type SqliteDatabase,
} from "@q/messaging/internal/sqlite";
import type { Clock } from "@q/kernel";

/** Saved groups. Times are milliseconds since 1970. */
const groupSchema: SchemaPart = {
  name: "groups",
  versions: [
    [
      "CREATE TABLE IF NOT EXISTS saved_group (group_id TEXT PRIMARY KEY, expires_at INTEGER, body BLOB NOT NULL) WITHOUT ROWID",
      "CREATE INDEX IF NOT EXISTS saved_group_expiry ON saved_group (expires_at) WHERE expires_at IS NOT NULL",
    ],
  ],
};

const PUT = "INSERT OR REPLACE INTO saved_group (group_id, expires_at, body) VALUES (?, ?, ?)";
const FIND = "SELECT body FROM saved_group WHERE group_id = ? AND (expires_at IS NULL OR expires_at > ?)";

/** The saved groups in a database file. */
export class GroupTable {
  readonly #database: SqliteDatabase;
  readonly #clock: Clock;

  private constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  static async open({ database }: DatabaseUse, clock: Clock): Promise<GroupTable> {
    await ensureSchema(database, groupSchema);
    return new GroupTable(database, clock);
  }

  /** `ttlMs` `undefined` keeps it for ever. */
  put(id: string, body: Buffer, ttlMs: number | undefined): Promise<void> {
    return this.#database.write(() => {
      const expiresAtMs = ttlMs === undefined ? null : this.#clock.now() + ttlMs;
      this.#database.prepare(PUT).run(id, expiresAtMs, body);
    });
  }

  find(id: string): Buffer | undefined {
    return this.#database.prepare(FIND).first(id, this.#clock.now())?.[0] as Buffer | undefined;
  }

  delete(id: string): Promise<void> {
    return this.#database.write(() => {
      this.#database.prepare("DELETE FROM saved_group WHERE group_id = ?").run(id);
    });
  }

  /** To be called inside a write transaction. */
  deleteExpired(nowMs: number): void {
    this.#database.prepare("DELETE FROM saved_group WHERE expires_at <= ?").run(nowMs);
  }
}
