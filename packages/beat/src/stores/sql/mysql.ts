import type { Pool, PoolConnection } from "mysql2/promise";
import { loadDriver } from "@q/kernel";
import type { StoreContext } from "../open-store.ts";
import {
  placeholders,
  split,
  type SqlDatabase,
  type SqlDialect,
  type SqlResult,
  type SqlSession,
  type SqlValue,
} from "./sql-database.ts";
import { readSqlUrl } from "./sql-url.ts";
import { SqlStore } from "./sql-store.ts";

const TIMEOUT_MS = 5000;

const dialect: SqlDialect = {
  now: "cast(unix_timestamp(sysdate(3)) * 1000 as signed)",
  text: "longtext character set utf8mb4",
  // 191 characters of four bytes, twice, are what an index of InnoDB holds.
  name: "varchar(191) character set utf8mb4 collate utf8mb4_bin",
  forUpdate: " for update",
  upsert: (table, columns, rows) => {
    const [keys, others] = split(columns);
    const sets = others.map((column) => `${column} = values(${column})`);
    const values = placeholders(columns.length, rows);
    const same = `${keys[0]} = ${keys[0]}`;
    return `insert into ${table} (${columns.join(", ")}) values ${values} on duplicate key update ${sets.join(", ") || same}`;
  },
};

/** Opens a schedule in MySQL or MariaDB: `mysql://user:password@host/database`; `?schedule=` names it. */
export async function openMysqlStore(where: string, _context: StoreContext): Promise<SqlStore> {
  const mysql = await loadDriver(
    "mysql2",
    "The schedule in MySQL",
    // oxlint-disable-next-line no-restricted-imports -- loaded on first use, which is what the rule is for
    () => import("mysql2/promise"),
  );
  const { url, scope, shown } = readSqlUrl(where.replace(/^mariadb:/, "mysql:"));
  const pool = mysql.createPool({
    uri: url,
    connectionLimit: 4,
    connectTimeout: TIMEOUT_MS,
    charset: "utf8mb4",
  });
  return SqlStore.open(new MysqlDatabase(pool, `mysql ${shown}`), scope);
}

class MysqlDatabase implements SqlDatabase {
  readonly description: string;
  readonly dialect = dialect;
  readonly #pool: Pool;

  constructor(pool: Pool, description: string) {
    this.#pool = pool;
    this.description = description;
  }

  run(sql: string, values: readonly SqlValue[] = []): ReturnType<SqlSession["run"]> {
    return query(this.#pool, sql, values);
  }

  async transaction<TResult>(work: (session: SqlSession) => Promise<TResult>): Promise<TResult> {
    const connection = await this.#pool.getConnection();
    try {
      // Each statement sees what others have committed: the token must not be an old one.
      await connection.query("set transaction isolation level read committed");
      await connection.beginTransaction();
      const result = await work({ run: (sql, values = []) => query(connection, sql, values) });
      await connection.commit();
      connection.release();
      return result;
    } catch (error) {
      await connection.rollback().then(
        () => connection.release(),
        () => connection.destroy(),
      );
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}

async function query(
  on: Pool | PoolConnection,
  sql: string,
  values: readonly SqlValue[],
): Promise<SqlResult> {
  const [rows] = await on.query({ sql, values: [...values], rowsAsArray: true, timeout: TIMEOUT_MS });
  if (Array.isArray(rows)) return { rows: rows as unknown as unknown[][], changed: 0 };
  return { rows: [], changed: rows.affectedRows };
}
