import type { PoolClient } from "pg";
import { loadDriver } from "@q/kernel";
import type { StoreContext } from "../open-store.ts";
import { PooledDatabase } from "./pooled-database.ts";
import { onConflict, SILENCE_MS, type SqlDialect } from "./sql-database.ts";
import { readScheduleUrl } from "../schedule-url.ts";
import { SqlStore } from "./sql-store.ts";

const TIMEOUT_MS = 5000;

const dialect: SqlDialect = {
  now: "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
  text: "text",
  name: 'varchar(255) collate "C"',
  forUpdate: " for update",
  onConflict,
};

/** Opens a schedule in PostgreSQL: `postgres://user:password@host/database`; `?schedule=` names it. */
export async function openPostgresStore(where: string, context: StoreContext): Promise<SqlStore> {
  const { default: pg } = await loadDriver("pg", "The schedule in PostgreSQL", () => import("pg"));
  const { url, schedule, shown } = readScheduleUrl(where, context);
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    lock_timeout: TIMEOUT_MS,
    idle_in_transaction_session_timeout: SILENCE_MS,
    allowExitOnIdle: true,
  });
  // Of a connection that waits, in the pool or in the middle of a transaction; the next statement finds out.
  const note = (error: Error): void =>
    context.logger.debug({ err: error }, "connection of the schedule's store");
  pool.on("error", note);
  pool.on("connect", (client) => void client.on("error", note));
  const database = new PooledDatabase<PoolClient>({
    description: `postgres ${shown}`,
    dialect,
    begin: ["begin isolation level read committed"],
    query: async (sql, values, on) => {
      let index = 0;
      const text = sql.replaceAll("?", () => `$${++index}`);
      const query = { text, values: [...values], rowMode: "array" };
      const { rows, rowCount } = await (on ?? pool).query<unknown[]>(query);
      return { rows, changed: rowCount ?? 0 };
    },
    connect: () => pool.connect(),
    release: (client, isBroken) => client.release(isBroken),
    close: () => pool.end(),
  });
  return SqlStore.open(database, { schedule, logger: context.logger });
}
