import { join } from "node:path";
import { openStore } from "@q/beat";
import { storeContract } from "@q/beat/testing";
import { silentLogger, systemClock } from "@q/kernel";
import { Redis } from "ioredis";
import Database from "libsql";
import { afterAll, describe, expect, it } from "vitest";
import {
  requires,
  startMariadb,
  startPostgres,
  startRedis,
  suiteResource,
  tempFolder,
  uniqueName,
} from "../harness/index.ts";

const context = { logger: silentLogger, clock: systemClock };

/** The contract of stores, each case on a schedule of its own. */
function contract(urlOf: (schedule: string) => string): void {
  for (const { title, run } of storeContract) {
    it(`contract: ${title}`, async () => {
      const url = urlOf(uniqueName("schedule"));
      await run(() => openStore(url, context));
    });
  }
}

const folder = await tempFolder("beat");
afterAll(() => folder[Symbol.asyncDispose]());

/** The lease of a beat that has died is given on, although it lasts for an hour: the clock of the store was put back. */
async function outlive(url: string, putBack: () => Promise<unknown>): Promise<void> {
  await using dead = await openStore(url, context);
  await using heir = await openStore(url, context);
  const lease = await dead.acquire("dead", 3000);
  expect(await heir.acquire("heir", 3000)).toBeUndefined();
  await putBack();
  expect((await heir.acquire("heir", 3000))?.token).toBeGreaterThan(lease?.token ?? 0);
}

describe("schedule in SQLite", () => {
  contract((name) => `sqlite:///${join(folder.path, `${name}.db`)}`);

  it("is not left without a beat when the clock is put back", async () => {
    const path = join(folder.path, `${uniqueName("schedule")}.db`);
    await outlive(`sqlite:///${path}`, async () => {
      const database = new Database(path);
      database.exec("update q_beat_lease set ends_at = ends_at + 3600000");
      database.close();
    });
  });
});

requires("redis")("schedule in Redis", () => {
  const redis = suiteResource(() => startRedis());
  contract((name) => `${redis().url}?schedule=${name}`);

  it("is not left without a beat when the clock is put back", async () => {
    const schedule = uniqueName("schedule");
    await outlive(`${redis().url}?schedule=${schedule}`, async () => {
      const client = new Redis(redis().url);
      await client.pexpire(`{q-beat:${schedule}}:lease`, 3_600_000);
      await client.quit();
    });
  });
});

requires("postgres")("schedule in PostgreSQL", () => {
  const postgres = suiteResource(startPostgres);
  contract((name) => `${postgres().url}?schedule=${name}`);
});

requires("mariadb")("schedule in MariaDB", () => {
  const mariadb = suiteResource(startMariadb);
  contract((name) => `${mariadb().url}?schedule=${name}`);
});
