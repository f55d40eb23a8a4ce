import { asError, QError } from "@q/kernel";
import type { BeatStore, EntryChange, EntryState, Lease, StoredSchedule } from "../../contracts.ts";
import type { EntryJson } from "../../entry.ts";
import { BeatStoreError, FencedError } from "../../errors.ts";
import { placeholders, type SqlDatabase, type SqlSession } from "./sql-database.ts";

/** Rows that one statement writes. */
const MAX_ROWS = 200;

/**
 * Keeps a schedule in tables: `q_beat_entry` (what was added and how far each has come), `q_beat_request` (runs that were asked for)
 * and `q_beat_lease` (one row per schedule: who leads, with which token, until when, and the version of the entries).
 * A save begins by locking the row of the lease: a beat that was frozen finds a greater token there, and writes nothing.
 */
export class SqlStore implements BeatStore {
  readonly description: string;
  readonly isShared = true;
  readonly #database: SqlDatabase;
  readonly #scope: string;

  private constructor(database: SqlDatabase, scope: string) {
    this.#database = database;
    this.#scope = scope;
    this.description = `${database.description}, schedule ${scope}`;
  }

  /** Makes the tables where they are missing. @throws {BeatStoreError} */
  static async open(database: SqlDatabase, scope: string): Promise<SqlStore> {
    const store = new SqlStore(database, scope);
    await store
      .#guard(() => store.#createTables())
      .catch(async (error: unknown) => {
        await database[Symbol.asyncDispose]();
        throw error;
      });
    return store;
  }

  load(): Promise<StoredSchedule> {
    return this.#guard(async () => {
      const scope = [this.#scope];
      // The version first: what changes meanwhile has a greater one, and is read again.
      const lease = await this.#database.run("select version from q_beat_lease where scope = ?", scope);
      const entries = await this.#database.run(
        "select name, definition, enabled, state from q_beat_entry where scope = ? order by name",
        scope,
      );
      const requests = await this.#database.run("select id, name from q_beat_request where scope = ?", scope);
      return {
        version: Number(lease.rows[0]?.[0] ?? 0),
        entries: entries.rows.map(([name, definition, enabled, state]) => ({
          name: String(name),
          definition: parsed<EntryJson>(definition),
          enabled: enabled === null ? null : Boolean(Number(enabled)),
          state: parsed<EntryState>(state),
        })),
        requests: requests.rows.map(([id, name]) => ({ id: String(id), name: String(name) })),
      };
    });
  }

  save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void> {
    const rows = [...states].map(([name, state]) => [this.#scope, name, JSON.stringify(state)]);
    return this.#fenced(lease, async (session) => {
      for (let start = 0; start < rows.length; start += MAX_ROWS) {
        const some = rows.slice(start, start + MAX_ROWS);
        const sql = this.#database.dialect.upsert("q_beat_entry", ["scope", "name", "state"], some.length);
        await session.run(sql, some.flat());
      }
    });
  }

  forget(names: readonly string[], lease: Lease): Promise<void> {
    return this.#fenced(lease, async (session) => {
      for (let start = 0; start < names.length; start += MAX_ROWS) {
        const some = names.slice(start, start + MAX_ROWS);
        const list = placeholders(some.length, 1);
        await session.run(`delete from q_beat_entry where scope = ? and name in ${list}`, [
          this.#scope,
          ...some,
        ]);
      }
    });
  }

  change(change: EntryChange): Promise<void> {
    const scope = this.#scope;
    const { dialect } = this.#database;
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        await session.run("update q_beat_lease set version = version + 1 where scope = ?", [scope]);
        const upsert = (column: string, value: string | number | null): Promise<unknown> =>
          session.run(dialect.upsert("q_beat_entry", ["scope", "name", column], 1), [
            scope,
            nameOf(change),
            value,
          ]);
        switch (change.kind) {
          case "put":
            await upsert("definition", JSON.stringify(change.definition));
            break;
          case "enable":
            await upsert("enabled", change.enabled === null ? null : Number(change.enabled));
            break;
          case "remove":
            await session.run(
              "update q_beat_entry set definition = null, enabled = null where scope = ? and name = ?",
              [scope, change.name],
            );
            break;
          case "request":
            await session.run("insert into q_beat_request (scope, id, name) values (?, ?, ?)", [
              scope,
              change.request.id,
              change.request.name,
            ]);
            break;
          case "done":
            await session.run("delete from q_beat_request where scope = ? and id = ?", [scope, change.id]);
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
           where scope = ? and (holder is null or holder = ? or ends_at < ${now})`,
          [holder, ttlMs, this.#scope, holder],
        );
        if (changed === 0) return undefined;
        const { rows } = await session.run("select token from q_beat_lease where scope = ?", [this.#scope]);
        return { holder, token: Number(rows[0]?.[0]) };
      }),
    );
  }

  renew(lease: Lease, ttlMs: number): Promise<number | undefined> {
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        const { changed } = await session.run(
          `update q_beat_lease set ends_at = ${this.#database.dialect.now} + ? where scope = ? and token = ? and holder = ?`,
          [ttlMs, this.#scope, lease.token, lease.holder],
        );
        if (changed === 0) return undefined;
        const { rows } = await session.run("select version from q_beat_lease where scope = ?", [this.#scope]);
        return Number(rows[0]?.[0]);
      }),
    );
  }

  release(lease: Lease): Promise<void> {
    return this.#guard(async () => {
      await this.#database.run("update q_beat_lease set holder = null where scope = ? and token = ?", [
        this.#scope,
        lease.token,
      ]);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#database[Symbol.asyncDispose]());
  }

  #fenced(lease: Lease, work: (session: SqlSession) => Promise<void>): Promise<void> {
    return this.#guard(() =>
      this.#database.transaction(async (session) => {
        const { forUpdate } = this.#database.dialect;
        const sql = `select token from q_beat_lease where scope = ?${forUpdate}`;
        const { rows } = await session.run(sql, [this.#scope]);
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
       enabled integer, state ${text}, primary key (scope, name))`,
    );
    await this.#database.run(
      `create table if not exists q_beat_request (scope ${name} not null, id varchar(64) not null, name ${name} not null,
       primary key (scope, id))`,
    );
    await this.#database.run(
      `create table if not exists q_beat_lease (scope ${name} not null primary key, holder varchar(255),
       token bigint not null default 0, ends_at bigint not null default 0, version bigint not null default 0)`,
    );
    await this.#database.run(dialect.upsert("q_beat_lease", ["scope"], 1), [this.#scope]);
  }

  async #guard<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    try {
      return await work();
    } catch (thrown) {
      if (QError.is(thrown)) throw thrown;
      const cause = asError(thrown);
      throw new BeatStoreError(`${this.description}: ${cause.message}`, { cause });
    }
  }
}

function nameOf(change: EntryChange): string {
  return "name" in change ? change.name : "";
}

function parsed<TValue>(text: unknown): TValue | null {
  return typeof text === "string" ? (JSON.parse(text) as TValue) : null;
}
