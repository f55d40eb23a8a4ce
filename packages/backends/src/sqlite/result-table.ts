import type { Clock } from "@q/kernel";
import {
  type DatabaseUse,
  ensureSchema,
  openDatabase,
  type SchemaPart,
  type SqliteDatabase,
  type SqlValue,
  type WakeFile,
} from "@q/messaging/internal/sqlite";
import { chordSchema, ChordTable } from "./chord-table.ts";
import { GroupTable } from "./group-table.ts";
import { RevocationTable } from "./revocation-table.ts";

/**
 * Table of the results. `id` grows with every change, also across deletions (AUTOINCREMENT), so that who waits can ask
 * for everything newer than what it has seen. Times are milliseconds since 1970.
 */
const resultSchema: SchemaPart = {
  name: "results",
  versions: [
    [
      `CREATE TABLE result (
        id INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL UNIQUE, is_success INTEGER NOT NULL,
        expires_at INTEGER, body BLOB NOT NULL)`,
      "CREATE INDEX result_expiry ON result (expires_at) WHERE expires_at IS NOT NULL",
    ],
  ],
};

const LIVE = "(expires_at IS NULL OR expires_at > ?)";
/** In order: task, is success, expiry, body, task, now. */
const PUT = `INSERT OR REPLACE INTO result (task_id, is_success, expires_at, body) SELECT ?, ?, ?, ?
  WHERE NOT EXISTS (SELECT 1 FROM result WHERE task_id = ? AND is_success = 1 AND ${LIVE})`;
const FIND_ONE = `SELECT id, task_id, body FROM result WHERE task_id = ? AND ${LIVE}`;
const FIND_MANY = `SELECT id, task_id, body FROM result WHERE task_id IN (SELECT value FROM json_each(?)) AND ${LIVE}`;
/** Tasks per statement when many are asked for. */
const MAX_IDS = 500;

/** A stored state. */
export interface ResultRow {
  readonly change: number;
  readonly taskId: string;
  readonly body: Buffer;
}

/** Runs with the tables, again where the database may be usable a little later. A patient one is tried for twenty seconds. */
export type UseTables = <TValue>(
  run: (table: ResultTable) => TValue | Promise<TValue>,
  options?: { readonly isPatient?: boolean },
) => Promise<TValue>;

/** The results in a database file. */
export class ResultTable {
  readonly wakeFile: WakeFile;
  readonly chords: ChordTable;
  readonly groups: GroupTable;
  readonly revocations: RevocationTable;
  readonly #use: DatabaseUse;
  readonly #database: SqliteDatabase;
  readonly #clock: Clock;

  private constructor(
    use: DatabaseUse,
    tables: { readonly groups: GroupTable; readonly revocations: RevocationTable },
    clock: Clock,
  ) {
    this.groups = tables.groups;
    this.revocations = tables.revocations;
    this.#use = use;
    this.#database = use.database;
    this.#clock = clock;
    this.chords = new ChordTable(use.database);
    this.wakeFile = use.database.wakeFile("results-wake");
  }

  /** @throws {ConnectionError} when the file cannot be opened @throws {MissingDriverError} */
  static async open(file: string, clock: Clock): Promise<ResultTable> {
    const use = await openDatabase(file);
    try {
      await ensureSchema(use.database, resultSchema);
      await ensureSchema(use.database, chordSchema);
      const groups = await GroupTable.open(use, clock);
      return new ResultTable(use, { groups, revocations: await RevocationTable.open(use, clock) }, clock);
    } catch (error) {
      await use[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Resolves when this handle is of no use any more, for example because somebody has removed the file. */
  get broken(): Promise<Error> {
    return this.#database.broken;
  }

  /** Finds out whether somebody has removed the file. */
  checkFile(): void {
    this.#database.checkFile();
  }

  /** Settles after the commit; states of one turn share it. A success stays as it is. */
  put(
    taskId: string,
    body: Buffer,
    options: { readonly isSuccess: boolean; readonly ttlMs: number | undefined },
  ): Promise<void> {
    return this.#database.write(({ wakes }) => {
      const nowMs = this.#clock.now();
      const expiresAtMs = options.ttlMs === undefined ? null : nowMs + options.ttlMs;
      const stored = this.#database
        .prepare(PUT)
        .run(taskId, options.isSuccess ? 1 : 0, expiresAtMs, body, taskId, nowMs);
      if (stored > 0) wakes.add(this.wakeFile);
    });
  }

  /** What is stored of these tasks, in no order. */
  find(taskIds: readonly string[]): ResultRow[] {
    const [taskId] = taskIds;
    if (taskIds.length === 1 && taskId !== undefined) {
      const row = this.#database.prepare(FIND_ONE).first(taskId, this.#clock.now());
      return row === undefined ? [] : [toRow(row)];
    }
    const rows: ResultRow[] = [];
    for (let at = 0; at < taskIds.length; at += MAX_IDS) {
      const wanted = JSON.stringify(taskIds.slice(at, at + MAX_IDS));
      rows.push(...this.#database.prepare(FIND_MANY).all(wanted, this.#clock.now()).map(toRow));
    }
    return rows;
  }

  /** Tasks that have changed after `change`, the oldest first. */
  changesAfter(change: number): string[] {
    return this.#database
      .prepare("SELECT task_id FROM result WHERE id > ? ORDER BY id")
      .all(change)
      .map(([taskId]) => String(taskId));
  }

  /** Number of the latest change; 0 when there was none. */
  latestChange(): number {
    const latest = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'result'").first();
    return Number(latest?.[0] ?? 0);
  }

  async delete(taskIds: readonly string[]): Promise<void> {
    await this.#database.write(() => {
      this.#database
        .prepare("DELETE FROM result WHERE task_id IN (SELECT value FROM json_each(?))")
        .run(JSON.stringify(taskIds));
    });
  }

  /** Changes chords in the next transaction; settles after its commit. */
  write<TResult>(operation: (chords: ChordTable) => TResult): Promise<TResult> {
    return this.#database.write(() => operation(this.chords));
  }

  /** Chords and groups go as well; how many is told of results only. */
  deleteExpired(): Promise<number> {
    return this.#database.write(() => {
      const nowMs = this.#clock.now();
      this.chords.deleteExpired(nowMs);
      this.groups.deleteExpired(nowMs);
      return this.#database.prepare("DELETE FROM result WHERE expires_at <= ?").run(nowMs);
    });
  }

  async close(): Promise<void> {
    await this.#use[Symbol.asyncDispose]();
  }
}

function toRow([change, taskId, body]: SqlValue[]): ResultRow {
  return { change: Number(change), taskId: String(taskId), body: body as Buffer };
}
