import { asError, ClosedError, QError } from "@q/kernel";
import { asUri } from "@q/messaging/internal/client";
import { databaseFile, isTransientDatabaseError } from "@q/messaging/internal/sqlite";
import type {
  BackendCapabilities,
  BackendContext,
  GroupStore,
  ReplyAddress,
  ResultBackend,
  ResultMeta,
  RevocationStore,
  StoreOptions,
} from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import { decodeStored, encodeMeta, openPayloadFormat, type PayloadFormat } from "../result-payload.ts";
import {
  alwaysRetryDelays,
  isEnd,
  patientPolicy,
  policyDelays,
  quickPolicy,
  withRetries,
} from "../retries.ts";
import { Watchers } from "../watchers.ts";
import { type ResultRow, ResultTable, type UseTables } from "./result-table.ts";
import { SqliteChordStore } from "./sqlite-chord-store.ts";
import { SqliteGroupStore } from "./sqlite-group-store.ts";

const capabilities: BackendCapabilities = {
  persistent: true,
  push: true,
  autoExpire: false,
  shared: true,
  chords: "native",
};

/** How often it is looked whether the file that is listened to still is the one. */
const CHECK_FILE_MS = 1000;
/** So many watched tasks are looked for at once; of more it is asked first which ones have changed. */
const FEW = 20;

/**
 * Results in an SQLite file, shared by all processes of this machine: `sqlite:///relative.db`, `sqlite:////absolute.db`,
 * `sqlite://` for `./.q/q.db`. It may be the file of the broker. Needs the package `libsql`, or a Node with `node:sqlite`.
 *
 * @throws {ConnectionError} when the file cannot be opened
 */
export async function createSqliteBackend(context: BackendContext): Promise<ResultBackend> {
  const backend = new SqliteBackend(context, await openPayloadFormat(context));
  await backend.prepare();
  return backend;
}

/**
 * States: *open*, and *listening* while somebody waits. When the file is removed or fails, the next use opens it anew,
 * for those who wait at once.
 */
class SqliteBackend implements ResultBackend {
  readonly capabilities: BackendCapabilities = capabilities;
  readonly replyTo: string | undefined = undefined;
  readonly chords: SqliteChordStore;
  readonly groups: GroupStore;
  readonly revocations: RevocationStore = {
    add: async (kind, texts, ttlSeconds) => {
      await this.#attempt("revoked", kind === "id" ? texts : [], (table) =>
        table.revocations.add(kind, texts, ttlSeconds),
      );
    },
    list: (kind) => this.#attempt("read", [], (table) => table.revocations.list(kind)),
  };
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #watchers: Watchers = new Watchers();
  #opening: Promise<ResultTable> | undefined;
  #listening: { readonly table: ResultTable; readonly unlisten: () => void } | undefined;
  /** The last change that was looked at, while it is worth knowing. */
  #seenChange: number | undefined;
  #checkedAtMs = 0;
  readonly #closing = new AbortController();

  constructor(context: BackendContext, format: PayloadFormat) {
    this.#context = context;
    this.#format = format;
    this.chords = new SqliteChordStore(context, format, this.#use);
    this.groups = new SqliteGroupStore(context, format, this.#use);
  }

  async prepare(): Promise<void> {
    await this.#open();
  }

  async store(
    meta: ResultMeta,
    _reply?: ReplyAddress,
    { isPatient = isEnd(meta) }: StoreOptions = {},
  ): Promise<void> {
    const { expiresSeconds } = this.#context;
    const body = encodeMeta(meta, this.#format);
    const ttlMs = expiresSeconds ? expiresSeconds * 1000 : undefined;
    try {
      const isSuccess = meta.status === "SUCCESS";
      await this.#use((table) => table.put(meta.taskId, body, { isSuccess, ttlMs }), { isPatient });
    } catch (error) {
      throw storeError(meta, error);
    }
  }

  async get(ids: readonly string[]): Promise<(ResultMeta | undefined)[]> {
    const found = await this.#attempt("read", ids, (table) => table.find(ids));
    const rows = new Map(found.map((row) => [row.taskId, row]));
    return ids.map((id) => {
      const row = rows.get(id);
      return row && decodeStored(id, row.body, this.#format);
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#attempt("removed", ids, (table) => table.delete(ids));
  }

  async *watch(ids: readonly string[], signal: AbortSignal): AsyncGenerator<ResultMeta, void, undefined> {
    if (signal.aborted) return;
    const watch = this.#watchers.add(ids);
    try {
      const rows = await this.#attempt("read", ids, (table) => {
        this.#listen(table);
        return table.find(ids);
      });
      for (const { taskId, body, change } of rows) {
        watch.give(decodeStored(taskId, body, this.#format), change);
      }
      yield* watch.states(signal);
    } finally {
      this.#watchers.remove(watch);
      if (this.#watchers.size === 0) this.#stopListening();
    }
  }

  cleanup(): Promise<number> {
    return this.#attempt("removed", [], (table) => table.deleteExpired());
  }

  asUri(): string {
    return asUri(this.#context.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#stopListening();
    this.#watchers.failAll(closed());
    const table = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    await table?.close();
  }

  #open(): Promise<ResultTable> {
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    if (this.#opening) return this.#opening;
    const opening = ResultTable.open(databaseFile(this.#context.url), this.#context.clock);
    this.#opening = opening;
    opening.then(
      (table) => table.broken.then((error) => this.#broken(table, error)),
      () => (this.#opening = undefined),
    );
    return opening;
  }

  readonly #use: UseTables = (run, { isPatient = false } = {}) =>
    withRetries(async () => run(await this.#open()), {
      delays:
        alwaysRetryDelays(this.#context.settings) ?? policyDelays(isPatient ? patientPolicy : quickPolicy),
      isRetryable: isTransientDatabaseError,
      clock: this.#context.clock,
      signal: this.#closing.signal,
    });

  async #attempt<TValue>(
    what: string,
    ids: readonly string[],
    run: (table: ResultTable) => TValue | Promise<TValue>,
  ): Promise<TValue> {
    try {
      return await this.#use(run);
    } catch (error) {
      throw getError(what, ids, error);
    }
  }

  #broken(table: ResultTable, err: Error): void {
    if (this.#closing.signal.aborted) return;
    this.#context.logger.warn({ err }, "the database of the results is opened anew");
    this.#opening = undefined;
    this.#stopListening();
    table.close().catch(() => {});
    if (this.#watchers.size > 0) void this.#resume();
  }

  async #resume(): Promise<void> {
    try {
      const ids = this.#watchers.ids();
      const rows = await this.#attempt("read", ids, (table) => {
        this.#listen(table);
        return table.find(ids);
      });
      for (const row of rows) this.#tell(row);
    } catch (error) {
      this.#watchers.failAll(asError(error));
    }
  }

  /** Begins to listen before anything is read, so that no change falls between. */
  #listen(table: ResultTable): void {
    if (this.#listening) return;
    this.#listening = { table, unlisten: table.wakeFile.listen(() => this.#onWake(table)) };
  }

  #stopListening(): void {
    this.#listening?.unlisten();
    this.#listening = undefined;
    this.#seenChange = undefined;
  }

  /** Somebody has stored something: looks for news of what is watched. */
  #onWake(table: ResultTable): void {
    try {
      this.#checkFile(table);
      for (const row of table.find(this.#changedIds(table))) this.#tell(row);
    } catch (error) {
      // A broken file is opened anew; see there.
      if (QError.is(error)) return;
      this.#watchers.failAll(getError("read", this.#watchers.ids(), error));
    }
  }

  /** Watched tasks that may have changed since this was asked last. */
  #changedIds(table: ResultTable): string[] {
    const seen = this.#seenChange;
    this.#seenChange = undefined;
    if (this.#watchers.size <= FEW) return this.#watchers.ids();
    this.#seenChange = table.latestChange();
    if (seen === undefined) return this.#watchers.ids();
    return table.changesAfter(seen).filter((id) => this.#watchers.has(id));
  }

  #checkFile(table: ResultTable): void {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < CHECK_FILE_MS) return;
    this.#checkedAtMs = nowMs;
    table.checkFile();
  }

  #tell({ taskId, body, change }: ResultRow): void {
    try {
      this.#watchers.give(decodeStored(taskId, body, this.#format), change);
    } catch (error) {
      // For those who wait for this task it is the end; the others go on.
      for (const watch of this.#watchers.of(taskId)) watch.fail(asError(error));
    }
  }
}

const closed = (): ClosedError => new ClosedError("the result backend is closed. Make a new one.");

function storeError({ taskId, status }: ResultMeta, error: unknown): BackendStoreError {
  return new BackendStoreError(
    `the state ${status} of task ${taskId} could not be stored: ${asError(error).message}`,
    {
      taskId,
      state: status,
      cause: error,
    },
  );
}

function getError(what: string, taskIds: readonly string[], error: unknown): BackendGetError {
  if (error instanceof BackendGetError) return error;
  const names = taskIds.length === 1 ? `the result of task ${taskIds[0]}` : "results";
  return new BackendGetError(`${names} could not be ${what}: ${asError(error).message}`, {
    taskIds,
    cause: error,
  });
}
