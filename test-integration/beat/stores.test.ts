import { join } from "node:path";
import { openStore } from "@q/beat";
import { storeContract } from "@q/beat/testing";
import { silentLogger, systemClock } from "@q/kernel";
import { afterAll, describe, it } from "vitest";
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

describe("schedule in SQLite", () => {
  contract((name) => `sqlite:///${join(folder.path, `${name}.db`)}`);
});

requires("redis")("schedule in Redis", () => {
  const redis = suiteResource(() => startRedis());
  contract((name) => `${redis().url}?prefix=${name}`);
});

requires("postgres")("schedule in PostgreSQL", () => {
  const postgres = suiteResource(startPostgres);
  contract((name) => `${postgres().url}?schedule=${name}`);
});

requires("mariadb")("schedule in MariaDB", () => {
  const mariadb = suiteResource(startMariadb);
  contract((name) => `${mariadb().url}?schedule=${name}`);
});
