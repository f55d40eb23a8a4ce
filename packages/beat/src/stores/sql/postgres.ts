import type { Pool, PoolClient } from "pg";
import { loadDriver } from "@q/kernel";
import type { StoreContext } from "../open-store.ts";
import {
  placeholders,
  split,
  type SqlDatabase,
  type SqlDialect,
  type SqlSession,
  type SqlValue,
} from "./sql-database.ts";
import { readSqlUrl } from "./sql-url.ts";
import { SqlStore } from "./sql-store.ts";

const TIMEOUT_MS = 5000;

const dialect: SqlDialect = {
  now: "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
  text: "text",
  name: 'varchar(255) collate "C"',
  forUpdate: " for update",
  upsert: (table, columns, rows) => {
    const [keys, others] = split(columns);
    const sets = others.map((column) => `${column} = excluded.${column}`).join(", ");
    const values = placeholders(columns.length, rows);
    const conflict = sets === "" ? "do nothing" : `do update set ${sets}`;
    return `insert into ${table} (${columns.join(", ")}) values ${values} on conflict (${keys.join(", ")}) ${conflict}`;
  },
};

/** Opens a schedule in PostgreSQL: `postgres://user:password@host/database`; `?schedule=` names it. */
export async function openPostgresStore(where: string, { logger }: StoreContext): Promise<SqlStore> {
  const { default: pg } = await loadDriver(
    "pg",
    "The schedule in PostgreSQL",
    // oxlint-disable-next-line no-restricted-imports -- loaded on first use, which is what the rule is for
    () => import("pg"),
  );
  const { url, scope, shown } = readSqlUrl(where);
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    lock_timeout: TIMEOUT_MS,
    allowExitOnIdle: true,
  });
  // Of a connection that waits in the pool; the next statement finds out.
  pool.on("error", (error) => logger.debug({ err: error }, "connection of the schedule's store"));
  return SqlStore.open(new PostgresDatabase(pool, `postgres ${shown}`), scope);
}

class PostgresDatabase implements SqlDatabase {
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
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      await client.query("begin");
      const result = await work({ run: (sql, values = []) => query(client, sql, values) });
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback").catch((rollback: Error) => (failure = rollback));
      throw error;
    } finally {
      // One that could not even roll back is not used again.
      client.release(failure);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}

async function query(
  on: Pool | PoolClient,
  sql: string,
  values: readonly SqlValue[],
): ReturnType<SqlSession["run"]> {
  let index = 0;
  const text = sql.replaceAll("?", () => `$${++index}`);
  const { rows, rowCount } = await on.query<unknown[]>({ text, values: [...values], rowMode: "array" });
  return { rows, changed: rowCount ?? 0 };
}
