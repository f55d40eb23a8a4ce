import { type BeatStore, type EntryState, type Lease, openStore } from "@q/beat";
import { silentLogger, systemClock } from "@q/kernel";
import mysql from "mysql2/promise";
import pg from "pg";
import { expect, it } from "vitest";
import {
  requires,
  type SqlServer,
  startMariadb,
  startPostgres,
  startProxy,
  waitUntil,
} from "../harness/index.ts";

const context = { logger: silentLogger, clock: systemClock };
const LEASE_MS = 1000;

const state: EntryState = { identity: "x", since: 1, lastRunAt: null, totalRunCount: 0, pending: [] };

/** Asks a server how many of its clients are in the middle of a transaction: they hold locks, and say nothing. */
type Asker = AsyncDisposable & { readonly idle: () => Promise<number> };

async function askPostgres(url: string): Promise<Asker> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // After its first statement, `begin`, it holds no lock yet.
  const sql = `select count(*) from pg_stat_activity
    where state = 'idle in transaction' and query not like 'begin%'`;
  return {
    idle: async () => Number((await client.query<{ count: string }>(sql)).rows[0]?.count),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function askMariadb(url: string): Promise<Asker> {
  const client = await mysql.createConnection(url);
  const sql = `select count(*) from information_schema.innodb_trx t
    join information_schema.processlist p on p.id = t.trx_mysql_thread_id
    where p.command = 'Sleep' and t.trx_rows_locked > 0`;
  return {
    idle: async () => {
      // InnoDB renews what it shows of transactions only when nobody has looked for a tenth of a second.
      await client.query("do sleep(0.12)");
      const [rows] = await client.query({ sql, rowsAsArray: true });
      return Number((rows as unknown as number[][])[0]?.[0]);
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

const servers = {
  PostgreSQL: { need: "postgres", start: startPostgres, ask: askPostgres },
  MariaDB: { need: "mariadb", start: startMariadb, ask: askMariadb },
} as const;

requires("mariadb")("a schedule on MariaDB", () => {
  it("is there when all of its connections were closed for their silence", async () => {
    await using server = await startMariadb();
    await using store = await openStore(server.url, context);
    const client = await mysql.createConnection(server.url);
    try {
      const others = async (): Promise<unknown> => {
        const sql =
          "select count(*) from information_schema.processlist where id <> connection_id() and user = 'root'";
        const [rows] = await client.query({ sql, rowsAsArray: true });
        return (rows as unknown as number[][])[0]?.[0];
      };
      expect(await others()).not.toBe(0);
      await waitUntil(async () => (await others()) === 0);
      expect((await store.load()).entries).toEqual([]);
      expect(await store.acquire("me", LEASE_MS)).toBeDefined();
    } finally {
      await client.end();
    }
  });
});

for (const [name, { need, start, ask }] of Object.entries(servers)) {
  requires(need)(`a leader that is frozen in the middle of a transaction on ${name}`, () => {
    it("holds up its successor no longer than a few seconds", { timeout: 120_000 }, async () => {
      await using server: SqlServer = await start();
      await using asker = await ask(server.url);
      await using proxy = await startProxy({ target: server.url });
      await using successor: BeatStore = await openStore(server.url, context);
      await using leader = await openStore(proxy.url, context);
      const lease = (await leader.acquire("leader", LEASE_MS)) as Lease;
      // A slow network makes its transactions long enough to be met.
      proxy.delay(200);
      let isOver = false;
      const saving = (async () => {
        while (!isOver) await leader.save(new Map([["a", state]]), lease).catch(() => {});
      })();
      try {
        await waitUntil(
          async () => {
            if ((await asker.idle()) === 0) return false;
            // From now on it hears and says nothing, as when it is stopped.
            proxy.blackhole();
            if ((await asker.idle()) > 0) return true;
            proxy.heal();
            return false;
          },
          { timeoutMs: 60_000 },
        );
        const acquired = async (): Promise<boolean> =>
          (await successor.acquire("successor", LEASE_MS).catch(() => undefined)) !== undefined;
        // Unless the server ends it, the transaction lasts for as long as the leader is cut off, which is longer.
        await waitUntil(acquired);
      } finally {
        isOver = true;
        proxy.delay(0);
        proxy.heal();
        await saving;
      }
    });
  });
}
