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
  /** `insert … values …` becomes this, replacing columns where the name is taken. */
  upsert(table: string, columns: readonly string[], rows: number): string;
}

/** `(?, ?), (?, ?)` */
export function placeholders(columns: number, rows: number): string {
  const row = `(${Array.from({ length: columns }, () => "?").join(", ")})`;
  return Array.from({ length: rows }, () => row).join(", ");
}

/** Columns of the key, and the others. */
export function split(columns: readonly string[]): [keys: string[], others: string[]] {
  const isKey = (column: string): boolean => column === "scope" || column === "name";
  return [columns.filter(isKey), columns.filter((column) => !isKey(column))];
}
