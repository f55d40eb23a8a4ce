/**
 * Milliseconds after which the server ends the transaction of a client that says nothing. A beat that is frozen in the
 * middle of one would else keep the row of the lease locked, and nobody could succeed it.
 */
export const SILENCE_MS = 2000;

/** A value of a row. */
export type SqlValue = string | number | boolean | null;

/** What a statement gave back. */
export interface SqlResult {
  readonly rows: readonly (readonly unknown[])[];
  readonly changed: number;
}

/** Runs statements; `?` stands for a value. */
export interface SqlSession {
  run(sql: string, values?: readonly SqlValue[]): Promise<SqlResult>;
}

/** The little of a database that a schedule needs. Every call settles within a bound. */
export interface SqlDatabase extends SqlSession, AsyncDisposable {
  /** Where it is, without secrets. */
  readonly description: string;
  readonly dialect: SqlDialect;
  /** All of `work` or nothing. */
  transaction<TResult>(work: (session: SqlSession) => Promise<TResult>): Promise<TResult>;
}

/** Where databases differ. */
export interface SqlDialect {
  /** Milliseconds since 1970 by the clock of the database: beats need not agree on the time. */
  readonly now: string;
  /** Type of long texts. */
  readonly text: string;
  /** Type of names: byte for byte, so that `a` and `A` are two entries. */
  readonly name: string;
  /** Follows a `select` that keeps others from the row until the end of the transaction. */
  readonly forUpdate: string;
  /** Follows an `insert`: columns are replaced where the key is taken; without columns nothing is. */
  onConflict(keys: readonly string[], columns: readonly string[]): string;
}

/** `onConflict` of PostgreSQL and SQLite. */
export function onConflict(keys: readonly string[], columns: readonly string[]): string {
  const sets = columns.map((column) => `${column} = excluded.${column}`).join(", ");
  return `on conflict (${keys.join(", ")}) ${sets === "" ? "do nothing" : `do update set ${sets}`}`;
}

/** `(?, ?), (?, ?)` */
export function placeholders(columns: number, rows: number): string {
  const row = `(${Array.from({ length: columns }, () => "?").join(", ")})`;
  return Array.from({ length: rows }, () => row).join(", ");
}
