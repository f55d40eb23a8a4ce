import { uniqueName } from "../harness/index.ts";

/** A schedule of its own in a database of the machine, gone when it is disposed. */
export interface ScheduleDatabase extends AsyncDisposable {
  readonly url: string;
}

const POSTGRES = process.env["Q_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";
const MYSQL = process.env["Q_TEST_MYSQL_URL"] ?? "mysql://root@127.0.0.1:3306/mysql";

/** An empty PostgreSQL database; `undefined` when there is no server. */
export async function postgresDatabase(): Promise<ScheduleDatabase | undefined> {
  const { default: pg } = await import("pg");
  const execute = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: POSTGRES, connectionTimeoutMillis: 3000 });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  return database({
    server: POSTGRES,
    execute,
    drop: (name) => `drop database if exists ${name} with (force)`,
  });
}

/** An empty MySQL or MariaDB database; `undefined` when there is no server. */
export async function mysqlDatabase(): Promise<ScheduleDatabase | undefined> {
  const { createConnection } = await import("mysql2/promise");
  const execute = async (sql: string): Promise<void> => {
    const connection = await createConnection({ uri: MYSQL, connectTimeout: 3000 });
    try {
      await connection.query(sql);
    } finally {
      await connection.end();
    }
  };
  return database({ server: MYSQL, execute, drop: (name) => `drop database if exists ${name}` });
}

async function database(parts: {
  server: string;
  execute: (sql: string) => Promise<void>;
  drop: (name: string) => string;
}): Promise<ScheduleDatabase | undefined> {
  const name = uniqueName("beat").replaceAll(/\W/g, "_").toLowerCase();
  try {
    await parts.execute(`create database ${name}`);
  } catch (error) {
    process.stderr.write(
      `\n!!! No database at ${new URL(parts.server).host}: ${String(error)}\n!!! Tests are skipped.\n`,
    );
    return undefined;
  }
  const url = new URL(parts.server);
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: () => parts.execute(parts.drop(name)) };
}
