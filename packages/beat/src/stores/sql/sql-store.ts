import { asError, type Logger, QError } from "@q/kernel";
import type {
  BeatStore,
  EntryChange,
  EntryQuery,
  EntryState,
  Lease,
  StoredSchedule,
} from "../../contracts.ts";
import { BeatStoreError, FencedError } from "../../errors.ts";
import { readDefinition, readState } from "../stored-json.ts";
import { placeholders, type SqlDatabase, type SqlSession, type SqlValue } from "./sql-database.ts";

/** A lease that lasts so much longer than one may was given out by a clock that has been put back since. */
const MAX_SETBACK_MS = 60_000;
/** Rows that one statement writes. */
const MAX_ROWS = 200;

/**
 * Keeps a schedule in tables: `q_beat_entry` (what was added and how far each has come), `q_beat_request` (runs that were asked for)
 * and `q_beat_lease` (one row per schedule: who leads, with which token, until when, and the version of the entries).
 * A save begins by locking the row of the lease: a beat that was frozen finds a greater token there, and writes nothing.
 */
export class SqlStore implements BeatStore {
  readonly #description: string;
  readonly isShared = true;
  readonly #database: SqlDatabase;
  readonly #schedule: string;
  readonly #logger: Logger;

  private constructor(database: SqlDatabase, { schedule, logger }: { schedule: string; logger: Logger }) {
    this.#database = database;
    this.#schedule = schedule;
    this.#logger = logger;
    this.#description = `${database.description}, schedule ${schedule}`;
  }

  /** Makes the tables where they are missing. @throws {BeatStoreError} */
  static async open(
    database: SqlDatabase,
    options: { readonly schedule: string; readonly logger: Logger },
  ): Promise<SqlStore> {
    const store = new SqlStore(database, options);
    await store // Of several that make the tables at the same time some may fail: PostgreSQL looks first, and makes them then.
      .#guard(() => store.#createTables().catch(() => store.#createTables()))
      .catch(async (error: unknown) => {
        await database[Symbol.asyncDispose]();
        throw error;
      });
    return store;
  }

  load({ since, name }: EntryQuery = {}): Promise<StoredSchedule> {
    return this.#guard(async () => {
      const scope = [this.#schedule];
      // The version first: what changes meanwhile has a greater one, and is read again.
      const lease = await this.#database.run("select version from q_beat_lease where scope = ?", scope);
      const conditions: readonly (readonly [sql: string, value: SqlValue | undefined])[] = [
        ["scope = ?", this.#schedule],
        ["version > ?", since],
        ["name = ?", name],
      ];
      const given = conditions.filter(([, value]) => value !== undefined);
      const entries = await this.#database.run(
        `select name, definition, enabled, state from q_beat_entry where ${given.map(([sql]) => sql).join(" and ")}`,
        given.map(([, value]) => value as SqlValue),
      );
      const requests = await this.#database.run("select id, name from q_beat_request where scope = ?", scope);
      return {
        version: Number(lease.rows[0]?.[0] ?? 0),
        entries: entries.rows.map(([entry, definition, enabled, state]) => ({
          name: String(entry),
          definition: readDefinition(definition as string | null),
          enabled: enabled === null ? null : Boolean(Number(enabled)),
          state: readState(state as string | null, this.#logger),
        })),
        requests: requests.rows.map(([id, entry]) => ({ id: String(id), name: String(entry) })),
      };
    });
  }

  save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void> {
    const rows = [...states].map(([name, state]) => [this.#schedule, name, JSON.stringify(state)]);
    return this.#fenced(lease, async (session) => {
      for (let start = 0; start < rows.length; start += MAX_ROWS)
        await this.#upsert(session, ["state"], rows.slice(start, start + MAX_ROWS));
    });
  }

  forget(names: readonly string[], lease: Lease): Promise<void> {
    return this.#fenced(lease, async (session) => {
      for (let start = 0; start < names.length; start += MAX_ROWS) {
        const some = names.slice(start, start + MAX_ROWS);
        const list = placeholders(some.length, 1);
        await session.run(`delete from q_beat_entry where scope = ? and name in ${list}`, [
          this.#schedule,
          ...some,
        ]);
      }
    });
  }

  change(change: EntryChange): Promise<void> {
    const scope = this.#schedule;
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        // It locks the row, so that changes follow one another.
        await session.run("update q_beat_lease set version = version + 1 where scope = ?", [scope]);
        const { rows } = await session.run("select version from q_beat_lease where scope = ?", [scope]);
        const version = Number(rows[0]?.[0]);
        const set = (columns: Readonly<Record<string, SqlValue>>, name: string): Promise<void> =>
          this.#upsert(
            session,
            [...Object.keys(columns), "version"],
            [[scope, name, ...Object.values(columns), version]],
          );
        switch (change.kind) {
          case "put":
            return set({ definition: JSON.stringify(change.definition) }, change.name);
          case "enable":
            return set({ enabled: change.enabled === null ? null : Number(change.enabled) }, change.name);
          case "remove":
            return set({ definition: null, enabled: null }, change.name);
          case "request": {
            const { id, name } = change.request;
            const sql = "insert into q_beat_request (scope, id, name) values (?, ?, ?)";
            return void (await session.run(sql, [scope, id, name]));
          }
          case "done": {
            const sql = "delete from q_beat_request where scope = ? and id = ?";
            return void (await session.run(sql, [scope, change.id]));
          }
        }
      }),
    );
  }

  acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        const { now } = this.#database.dialect;
        const { changed } = await session.run(
          `update q_beat_lease set holder = ?, token = token + 1, ends_at = ${now} + ?
           where scope = ? and (holder is null or holder = ? or ends_at < ${now} or ends_at > ${now} + ?)`,
          [holder, ttlMs, this.#schedule, holder, ttlMs + MAX_SETBACK_MS],
        );
        if (changed === 0) return undefined;
        const { rows } = await session.run("select token from q_beat_lease where scope = ?", [
          this.#schedule,
        ]);
        return { holder, token: Number(rows[0]?.[0]) };
      }),
    );
  }

  renew(lease: Lease, ttlMs: number): Promise<number | undefined> {
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        const { changed } = await session.run(
          `update q_beat_lease set ends_at = ${this.#database.dialect.now} + ? where scope = ? and token = ? and holder = ?`,
          [ttlMs, this.#schedule, lease.token, lease.holder],
        );
        if (changed === 0) return undefined;
        const { rows } = await session.run("select version from q_beat_lease where scope = ?", [
          this.#schedule,
        ]);
        return Number(rows[0]?.[0]);
      }),
    );
  }

  release(lease: Lease): Promise<void> {
    return this.#guard(async () => {
      await this.#database.run("update q_beat_lease set holder = null where scope = ? and token = ?", [
        this.#schedule,
        lease.token,
      ]);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#database[Symbol.asyncDispose]());
  }

  /** Writes columns of entries, adding those that are not there. A row begins with the schedule and the name. */
  async #upsert(
    session: SqlSession,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    const all = ["scope", "name", ...columns];
    const { dialect } = this.#database;
    await session.run(
      `insert into q_beat_entry (${all.join(", ")}) values ${placeholders(all.length, rows.length)}
       ${dialect.onConflict(["scope", "name"], columns)}`,
      rows.flat(),
    );
  }

  #fenced(lease: Lease, work: (session: SqlSession) => Promise<void>): Promise<void> {
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        const { forUpdate } = this.#database.dialect;
        const sql = `select token from q_beat_lease where scope = ?${forUpdate}`;
        const { rows } = await session.run(sql, [this.#schedule]);
        const token = Number(rows[0]?.[0]);
        if (token !== lease.token) throw new FencedError(`lease ${lease.token} is older than lease ${token}`);
        await work(session);
      }),
    );
  }

  async #createTables(): Promise<void> {
    const { dialect } = this.#database;
    const { name, text } = dialect;
    await this.#database.run(
      `create table if not exists q_beat_entry (scope ${name} not null, name ${name} not null, definition ${text},
       enabled integer, state ${text}, version bigint not null default 0, primary key (scope, name))`,
    );
    await this.#database.run(
      `create table if not exists q_beat_request (scope ${name} not null, id varchar(64) not null, name ${name} not null,
       primary key (scope, id))`,
    );
    await this.#database.run(
      `create table if not exists q_beat_lease (scope ${name} not null primary key, holder varchar(255),
       token bigint not null default 0, ends_at bigint not null default 0, version bigint not null default 0)`,
    );
    const insert = `insert into q_beat_lease (scope) values (?) ${dialect.onConflict(["scope"], [])}`;
    await this.#database.run(insert, [this.#schedule]);
  }

  async #guard<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    try {
      return await work();
    } catch (thrown) {
      if (QError.is(thrown)) throw thrown;
      const cause = asError(thrown);
      throw new BeatStoreError(`${this.#description}: ${cause.message}`, { cause });
    }
  }
}
