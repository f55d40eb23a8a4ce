import type { PoolConnection } from "mysql2/promise";
import { loadDriver } from "@q/kernel";
import type { StoreContext } from "../open-store.ts";
import { PooledDatabase } from "./pooled-database.ts";
import { SILENCE_MS, type SqlDialect } from "./sql-database.ts";
import { readScheduleUrl } from "../schedule-url.ts";
import { SqlStore } from "./sql-store.ts";

const TIMEOUT_MS = 5000;

const dialect: SqlDialect = {
  now: "cast(unix_timestamp(sysdate(3)) * 1000 as signed)",
  text: "longtext character set utf8mb4",
  // 191 characters of four bytes, twice, are what an index of InnoDB holds.
  name: "varchar(191) character set utf8mb4 collate utf8mb4_bin",
  forUpdate: " for update",
  onConflict: (keys, columns) => {
    const sets = columns.map((column) => `${column} = values(${column})`).join(", ");
    return `on duplicate key update ${sets || `${keys[0]} = ${keys[0]}`}`;
  },
};

/** Opens a schedule in MySQL or MariaDB: `mysql://user:password@host/database`; `?schedule=` names it. */
export async function openMysqlStore(where: string, context: StoreContext): Promise<SqlStore> {
  const mysql = await loadDriver("mysql2", "The schedule in MySQL", () => import("mysql2/promise"));
  const { url, schedule, shown } = readScheduleUrl(where.replace(/^mariadb:/, "mysql:"), context);
  const pool = mysql.createPool({
    uri: url,
    connectionLimit: 4,
    connectTimeout: TIMEOUT_MS,
    charset: "utf8mb4",
  });
  pool.on("connection", (connection) => {
    // MySQL knows only the silence of connections; those that rest in the pool are replaced when they are needed again.
    void connection.query(`set session wait_timeout = ${SILENCE_MS / 1000}`);
  });
  const database = new PooledDatabase<PoolConnection>({
    description: `mysql ${shown}`,
    dialect,
    begin: ["set transaction isolation level read committed", "start transaction"],
    query: async (sql, values, on) => {
      const query = { sql, values: [...values], rowsAsArray: true, timeout: TIMEOUT_MS };
      const [rows] = await (on ?? pool).query(query);
      if (Array.isArray(rows)) return { rows: rows as unknown as unknown[][], changed: 0 };
      return { rows: [], changed: rows.affectedRows };
    },
    connect: () => pool.getConnection(),
    release: (connection, isBroken) => (isBroken ? connection.destroy() : connection.release()),
    close: () => pool.end(),
  });
  return SqlStore.open(database, { schedule, logger: context.logger });
}
