import type { SqlDatabase, SqlDialect, SqlResult, SqlSession, SqlValue } from "./sql-database.ts";

/** What a driver with a pool of connections does; without a connection, `query` takes any. */
export interface SqlDriver<TConnection> {
  readonly description: string;
  readonly dialect: SqlDialect;
  /** Statements that begin a transaction in which each statement sees what others have committed. */
  readonly begin: readonly string[];
  query(sql: string, values: readonly SqlValue[], connection?: TConnection): Promise<SqlResult>;
  connect(): Promise<TConnection>;
  /** A broken connection is not used again. */
  release(connection: TConnection, isBroken: boolean): void;
  close(): Promise<void>;
}

/** A database behind a pool of connections. */
export class PooledDatabase<TConnection> implements SqlDatabase {
  readonly #driver: SqlDriver<TConnection>;

  constructor(driver: SqlDriver<TConnection>) {
    this.#driver = driver;
  }

  get description(): string {
    return this.#driver.description;
  }

  get dialect(): SqlDialect {
    return this.#driver.dialect;
  }

  run(sql: string, values: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.#driver.query(sql, values);
  }

  async transaction<TResult>(work: (session: SqlSession) => Promise<TResult>): Promise<TResult> {
    const driver = this.#driver;
    const connection = await driver.connect();
    let isBroken = false;
    try {
      for (const statement of driver.begin) await driver.query(statement, [], connection);
      const result = await work({ run: (sql, values = []) => driver.query(sql, values, connection) });
      await driver.query("commit", [], connection);
      return result;
    } catch (error) {
      await driver.query("rollback", [], connection).catch(() => (isBroken = true));
      throw error;
    } finally {
      driver.release(connection, isBroken);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#driver.close();
  }
}
