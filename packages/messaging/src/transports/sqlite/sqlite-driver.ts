import type { Database } from "libsql";
import { loadDriver, MissingDriverError } from "@q/kernel";

/** What SQLite stores. */
export type SqlValue = string | number | Buffer | null;

/** A prepared statement. Rows are arrays in the order of the columns. */
export interface SqliteStatement {
  /** Executes a statement that returns no rows and tells how many rows it changed. */
  run(...values: SqlValue[]): number;
  /** Executes a statement that returns rows. */
  all(...values: SqlValue[]): SqlValue[][];
  /** Executes a statement that only reads and returns its first row: for one row half the price of `all`. */
  first(...values: SqlValue[]): SqlValue[] | undefined;
}

/** The little of an SQLite driver that Q needs. Synchronous: SQLite is a library, not a server. */
export interface SqliteDriver {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/**
 * Opens a database file with `libsql` when that is installed, else with the SQLite of the running Node.
 *
 * @throws {MissingDriverError} when there is neither
 * @throws the driver's own error when the file cannot be opened; see {@link sqliteErrorCode}
 */
export async function openDriver(file: string): Promise<SqliteDriver> {
  try {
    const { default: LibsqlDatabase } = await loadDriver("libsql", "SQLite", () => import("libsql"));
    return new LibsqlDriver(new LibsqlDatabase(file));
  } catch (error) {
    const builtin = error instanceof MissingDriverError ? nodeSqlite() : undefined;
    if (builtin === undefined) throw error;
    return new NodeDriver(new builtin.DatabaseSync(file));
  }
}

/** The primary result code, such as `SQLITE_BUSY`; `undefined` when the error is not SQLite's. */
export function sqliteErrorCode(error: unknown): string | undefined {
  const { code, errcode, message } = (error ?? {}) as {
    code?: unknown;
    errcode?: unknown;
    message?: unknown;
  };
  if (typeof code === "string" && code.startsWith("SQLITE_")) return code.split("_").slice(0, 2).join("_");
  // node:sqlite gives a number; libsql hides the one of a failed open in its text.
  const number =
    typeof errcode === "number" ? errcode : /ConnectionFailed\(.*: (\d+)"?\)/.exec(String(message))?.[1];
  return number === undefined ? undefined : (primaryCodes[Number(number) & 0xff] ?? "SQLITE_ERROR");
}

const primaryCodes: Readonly<Record<number, string>> = {
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  26: "SQLITE_NOTADB",
};

interface LibsqlStatement {
  run(values: readonly SqlValue[]): { changes: number };
  raw(on: boolean): LibsqlStatement;
  all(values: readonly SqlValue[]): unknown[];
  get(values: readonly SqlValue[]): unknown;
}

class LibsqlDriver implements SqliteDriver {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#database.prepare(sql) as unknown as LibsqlStatement;
    let rows: LibsqlStatement | undefined;
    const asRows = (): LibsqlStatement => (rows ??= statement.raw(true));
    return {
      // Values go in one array: libsql takes a lone `null` for an object of named values.
      run: (...values) => statement.run(values).changes,
      all: (...values) => asRows().all(values) as SqlValue[][],
      first: (...values) => asRows().get(values) as SqlValue[] | undefined,
    };
  }

  close(): void {
    this.#database.close();
  }
}

/** The part of `node:sqlite` in use; the types of Node 20 do not know it. */
interface NodeSqlite {
  readonly DatabaseSync: new (file: string) => NodeDatabase;
}
interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): {
    run(...values: SqlValue[]): { changes: number | bigint };
    all(...values: SqlValue[]): NodeRow[];
    get(...values: SqlValue[]): NodeRow | undefined;
  };
  close(): void;
}

type NodeRow = Record<string, string | number | Uint8Array | null>;

function nodeSqlite(): NodeSqlite | undefined {
  const { getBuiltinModule } = process as { getBuiltinModule?: (id: string) => unknown };
  return getBuiltinModule?.("node:sqlite") as NodeSqlite | undefined;
}

class NodeDriver implements SqliteDriver {
  readonly #database: NodeDatabase;

  constructor(database: NodeDatabase) {
    this.#database = database;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#database.prepare(sql);
    return {
      run: (...values) => Number(statement.run(...values).changes),
      all: (...values) => statement.all(...values).map(toRow),
      first: (...values) => {
        const row = statement.get(...values);
        return row && toRow(row);
      },
    };
  }

  close(): void {
    this.#database.close();
  }
}

function toRow(row: NodeRow): SqlValue[] {
  return Object.values(row).map(toSqlValue);
}

function toSqlValue(value: string | number | Uint8Array | null): SqlValue {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}
