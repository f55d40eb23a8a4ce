import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ImproperlyConfiguredError, loadDriver, MissingDriverError } from "@q/kernel";
import { BeatStoreError } from "../../errors.ts";
import { DEFAULT_SCHEDULE, type StoreContext } from "../open-store.ts";
import {
  onConflict,
  type SqlDatabase,
  type SqlDialect,
  type SqlResult,
  type SqlSession,
  type SqlValue,
} from "../sql/sql-database.ts";
import { SqlStore } from "../sql/sql-store.ts";

/** Milliseconds that a statement waits for another connection. */
const BUSY_MS = 5000;
/** The part of it that blocks the process; the rest is waited for, so that a connection of this process can go on. */
const BLOCKING_MS = 20;
const RETRY_MS = 5;

const dialect: SqlDialect = {
  now: "cast((julianday('now') - 2440587.5) * 86400000 as integer)",
  text: "text",
  name: "text",
  // A transaction here begins by locking the whole file.
  forUpdate: "",
  onConflict,
};

/** Opens a schedule in an SQLite file: `sqlite:///relative.db`, `sqlite:////absolute.db`; `?schedule=` names it. */
export async function openSqliteStore(where: string, context: StoreContext): Promise<SqlStore> {
  const [, path = "", query = ""] = /^sqlite:(?:\/\/\/?)?([^?]*)(?:\?(.*))?$/.exec(where) ?? [];
  if (path === "") throw new ImproperlyConfiguredError("the URL names no file. Write sqlite:///beat.db");
  const file = resolve(path);
  const schedule = new URLSearchParams(query).get("schedule") ?? context.schedule ?? DEFAULT_SCHEDULE;
  const driver = await openDriver(file);
  return SqlStore.open(new SqliteDatabase(driver, `sqlite ${file}`), { schedule, logger: context.logger });
}

interface Statement {
  run(...values: SqlValue[]): { changes: number | bigint };
  all(...values: SqlValue[]): unknown[];
}

interface Driver {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

/** `libsql` where it is installed, else the SQLite of the running Node. */
async function openDriver(file: string): Promise<Driver> {
  let open: (file: string) => Driver;
  try {
    const { default: Database } = await loadDriver(
      "libsql",
      "The schedule in SQLite",
      () => import("libsql"),
    );
    open = (path) => new Database(path) as unknown as Driver;
  } catch (error) {
    const { getBuiltinModule } = process as { getBuiltinModule?: (id: string) => unknown };
    const builtin = getBuiltinModule?.("node:sqlite") as
      { DatabaseSync: new (file: string) => Driver } | undefined;
    if (!(error instanceof MissingDriverError) || builtin === undefined) throw error;
    open = (path) => new builtin.DatabaseSync(path);
  }
  try {
    mkdirSync(dirname(file), { recursive: true });
    const driver = open(file);
    driver.exec(`pragma busy_timeout = ${BLOCKING_MS}`);
    await untilFree(() => driver.exec("pragma journal_mode = wal"));
    return driver;
  } catch (error) {
    throw new BeatStoreError(`${file} cannot be opened`, { cause: error });
  }
}

/** Calls `work` until no other connection is in its way, for a bounded time. */
async function untilFree<TResult>(work: () => TResult): Promise<TResult> {
  const deadline = performance.now() + BUSY_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const { code, errcode } = error as { code?: unknown; errcode?: unknown };
      const isBusy = String(code).startsWith("SQLITE_BUSY") || Number(errcode) % 256 === 5;
      if (!isBusy || performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** SQLite answers at once; transactions of one connection follow one another. */
class SqliteDatabase implements SqlDatabase {
  readonly description: string;
  readonly dialect = dialect;
  readonly #driver: Driver;
  readonly #statements = new Map<string, Statement>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(driver: Driver, description: string) {
    this.#driver = driver;
    this.description = description;
  }

  run(sql: string, values: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.#inTurn(() => untilFree(() => this.#run(sql, values)));
  }

  transaction<TResult>(work: (session: SqlSession) => Promise<TResult>): Promise<TResult> {
    return this.#inTurn(async () => {
      await untilFree(() => this.#driver.exec("begin immediate"));
      try {
        const result = await work({ run: async (sql, values = []) => this.#run(sql, values) });
        this.#driver.exec("commit");
        return result;
      } catch (error) {
        this.#driver.exec("rollback");
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    this.#driver.close();
  }

  #inTurn<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #run(sql: string, values: readonly SqlValue[]): SqlResult {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#driver.prepare(sql);
      this.#statements.set(sql, statement);
    }
    if (!/^select/i.test(sql)) return { rows: [], changed: Number(statement.run(...values).changes) };
    const rows = statement.all(...values) as object[];
    return { rows: rows.map((row) => Object.values(row)), changed: 0 };
  }
}
