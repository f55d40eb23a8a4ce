import { Batcher, ClosedError, deferred, type Deferred, QError } from "@q/kernel";
import { mkdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { ConnectionError } from "../../errors.ts";
import { openDriver, type SqliteDriver, sqliteErrorCode, type SqliteStatement } from "./sqlite-driver.ts";
import { databaseError } from "./sqlite-errors.ts";
import { WakeFile } from "./wake-file.ts";

/** Operations per transaction: enough to pay for the commit, few enough to let the event loop breathe. */
const MAX_BATCH = 300;
/** How long SQLite itself waits for a lock. It blocks the event loop, so we wait for the rest ourselves. */
const BLOCKING_WAIT_MS = 3;
/** How often a write looks whether the file is still the same; a look costs as much as a statement. */
const CHECK_FILE_MS = 200;
/**
 * Pages of the write-ahead log before they are copied into the database, which blocks the event loop and waits for the
 * disk. SQLite's own 1000 is reached every 70 messages of a request-reply traffic, where the waits for the disk count;
 * with bulk traffic the copying does, and this many pages (8 MB) take 20 to 40 ms.
 */
const CHECKPOINT_PAGES = 2000;

/** How {@link openDatabase} waits. */
export interface OpenDatabaseOptions {
  /** Longest wait for other processes' locks, when opening and later for every write. Default 10 s. */
  readonly lockTimeoutMs?: number;
}

/** What a write may ask for beside its SQL. */
export interface WriteContext {
  /** Touches the wake file once the transaction is committed. */
  readonly wakes: Set<WakeFile>;
}

type Operation = (context: WriteContext) => unknown;
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * One database file as this process uses it; all users of the process share it. Obtained from {@link openDatabase}.
 *
 * States: *open*; *broken* (a failure that a new handle may not have: the file was removed, the disk failed);
 * *closed* (its last user released it).
 */
export class SqliteDatabase {
  readonly file: string;
  /** Resolves when the handle can no longer be used and nobody asked for that. */
  readonly broken: Promise<ConnectionError>;
  readonly #driver: SqliteDriver;
  readonly #lockTimeoutMs: number;
  readonly #inode: number;
  readonly #statements = new Map<string, SqliteStatement>();
  readonly #wakeFiles = new Map<string, WakeFile>();
  readonly #break: Deferred<ConnectionError> = deferred<ConnectionError>();
  readonly #writes = new Batcher<Operation, Outcome>({
    flush: (operations) => this.#flush(operations),
    maxBatch: MAX_BATCH,
    maxInFlight: 1,
  });
  #failure: QError | undefined;
  #transactions = 0;
  #fileCheckedAtMs = 0;

  /** @internal */
  constructor(file: string, driver: SqliteDriver, lockTimeoutMs: number) {
    this.file = file;
    this.#driver = driver;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#inode = statSync(file).ino;
    this.broken = this.#break.promise;
  }

  /** Grows with every write transaction: what was read inside one holds as long as this does not change. */
  get transactionCount(): number {
    return this.#transactions;
  }

  /** The statement for that SQL, prepared once. */
  prepare(sql: string): SqliteStatement {
    if (this.#failure !== undefined) throw this.#failure;
    const prepared = this.#statements.get(sql) ?? this.#driver.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** The wake file `<database>-<suffix>`, shared by all users in this process. */
  wakeFile(suffix: string): WakeFile {
    const wakeFile = this.#wakeFiles.get(suffix) ?? new WakeFile(`${this.file}-${suffix}`);
    this.#wakeFiles.set(suffix, wakeFile);
    return wakeFile;
  }

  /**
   * Runs `operation` inside a write transaction, together with the other writes of this turn, in order; settles
   * after the commit. An operation may run a second time after a rollback, so it changes nothing but the database,
   * and one that throws a `QError` must not have written before.
   *
   * @throws {ConnectionError} when the database could not be written; then nothing of the operation was
   */
  async write<TResult>(operation: (context: WriteContext) => TResult): Promise<TResult> {
    const outcome = await this.#writes.add(operation);
    if ("error" in outcome) throw outcome.error;
    return outcome.value as TResult;
  }

  /** Runs statements that only read, outside of the writes' transactions. @throws {ConnectionError} */
  read<TResult>(run: () => TResult): TResult {
    try {
      return run();
    } catch (error) {
      throw databaseError(error, this.file);
    }
  }

  /** Resolves when every write so far has ended. */
  idle(): Promise<void> {
    return this.#writes.idle();
  }

  /** Declares the handle unusable, for all its users. */
  fail(error: ConnectionError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    forget(this);
    this.#break.resolve(error);
  }

  /** Fails the handle when its file is no longer the one that a newcomer would open. */
  checkFile(): void {
    this.#fileCheckedAtMs = performance.now();
    if (this.#failure !== undefined || statSync(this.file, { throwIfNoEntry: false })?.ino === this.#inode)
      return;
    this.fail(
      new ConnectionError(
        `the database ${this.file} was removed or replaced while in use. Connect again to use the new one.`,
      ),
    );
  }

  /** @internal */
  close(): void {
    this.#failure ??= new ClosedError(`the database ${this.file} is closed.`);
    for (const wakeFile of this.#wakeFiles.values()) wakeFile.close();
    this.#driver.close();
  }

  async #flush(operations: readonly Operation[]): Promise<Outcome[]> {
    const wakes = new Set<WakeFile>();
    try {
      if (performance.now() - this.#fileCheckedAtMs > CHECK_FILE_MS) this.checkFile();
      const outcomes = await this.#transact(operations, { wakes });
      for (const wakeFile of wakes) wakeFile.touch();
      if (operations.length === MAX_BATCH) await nextTurn();
      return outcomes;
    } catch (error) {
      // One operation must not take the others down: each gets a transaction of its own.
      if (operations.length > 1 && sqliteErrorCode(error) !== "SQLITE_BUSY")
        return this.#flushEach(operations);
      return operations.map(() => ({ error: databaseError(error, this.file) }));
    }
  }

  async #flushEach(operations: readonly Operation[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const operation of operations) outcomes.push(...(await this.#flush([operation])));
    return outcomes;
  }

  async #transact(operations: readonly Operation[], context: WriteContext): Promise<Outcome[]> {
    await this.#begin();
    this.#transactions++;
    try {
      const outcomes = operations.map((operation): Outcome => {
        try {
          return { value: operation(context) };
        } catch (error) {
          if (error instanceof QError) return { error };
          throw error;
        }
      });
      this.prepare("COMMIT").run();
      return outcomes;
    } catch (error) {
      this.#transactions++;
      try {
        this.prepare("ROLLBACK").run();
      } catch {
        // Some failures have rolled back already.
      }
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const deadline = performance.now() + this.#lockTimeoutMs;
    for (;;) {
      try {
        this.prepare("BEGIN IMMEDIATE").run();
        return;
      } catch (error) {
        if (sqliteErrorCode(error) !== "SQLITE_BUSY" || performance.now() > deadline) throw error;
        await delay(1 + Math.random() * 4);
      }
    }
  }
}

interface Shared {
  readonly opened: Promise<SqliteDatabase>;
  users: number;
}

// SQLite wants one connection per process and file here: it makes writes of all users batches of one writer.
const shared = new Map<string, Shared>();

/** A use of a shared database, to be released. */
export interface DatabaseUse extends AsyncDisposable {
  readonly database: SqliteDatabase;
}

/**
 * Opens a database file, or joins those who have it open in this process. Directories are created. Releasing the
 * last use closes it.
 *
 * @throws {ConnectionError} when the file cannot be opened or is no database
 * @throws {MissingDriverError}
 */
export async function openDatabase(path: string, options: OpenDatabaseOptions = {}): Promise<DatabaseUse> {
  const file = canonicalPath(path);
  const entry = shared.get(file) ?? { opened: open(file, options.lockTimeoutMs ?? 10_000), users: 0 };
  shared.set(file, entry);
  entry.users++;
  try {
    const database = await entry.opened;
    let isReleased = false;
    const release = async (): Promise<void> => {
      if (isReleased) return;
      isReleased = true;
      entry.users--;
      if (entry.users > 0) return;
      if (shared.get(file) === entry) shared.delete(file);
      await database.idle();
      database.close();
    };
    return { database, [Symbol.asyncDispose]: release };
  } catch (error) {
    if (shared.get(file) === entry) shared.delete(file);
    throw error;
  }
}

/** Lets the next `openDatabase` open the file anew. */
function forget(database: SqliteDatabase): void {
  shared.delete(database.file);
}

function canonicalPath(path: string): string {
  const file = resolve(path);
  try {
    mkdirSync(dirname(file), { recursive: true });
    return join(realpathSync(dirname(file)), basename(file));
  } catch (error) {
    throw databaseError(error, file);
  }
}

async function open(file: string, lockTimeoutMs: number): Promise<SqliteDatabase> {
  let driver: SqliteDriver | undefined;
  try {
    driver = await openDriver(file);
    driver.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
    await enableWriteAheadLog(driver, lockTimeoutMs);
    driver.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    return new SqliteDatabase(file, driver, lockTimeoutMs);
  } catch (error) {
    driver?.close();
    throw databaseError(error, file);
  }
}

/** Needs the file for itself for a moment, which processes that start together do not get at once. */
async function enableWriteAheadLog(driver: SqliteDriver, lockTimeoutMs: number): Promise<void> {
  const deadline = performance.now() + lockTimeoutMs;
  for (;;) {
    try {
      driver.prepare("PRAGMA journal_mode = WAL").all();
      return;
    } catch (error) {
      if (sqliteErrorCode(error) !== "SQLITE_BUSY" || performance.now() > deadline) throw error;
      await delay(5 + Math.random() * 10);
    }
  }
}
