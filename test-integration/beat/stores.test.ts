import { join } from "node:path";
import { openStore } from "@q/beat";
import { storeContract } from "@q/beat/testing";
import { silentLogger, systemClock } from "@q/kernel";
import { afterAll, describe, it } from "vitest";
import { requires, startRedis, tempFolder, uniqueName } from "../harness/index.ts";
import { mysqlDatabase, postgresDatabase } from "./databases.ts";

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

const [folder, postgres, mysql] = await Promise.all([
  tempFolder("beat"),
  postgresDatabase(),
  mysqlDatabase(),
]);
afterAll(async () => {
  for (const one of [folder, postgres, mysql]) await one?.[Symbol.asyncDispose]();
});

describe("schedule in SQLite", () => {
  contract((name) => `sqlite:///${join(folder.path, `${name}.db`)}`);
});

requires("redis")("schedule in Redis", () => {
  const redis = startRedis();
  afterAll(async () => (await redis)[Symbol.asyncDispose]());
  for (const { title, run } of storeContract) {
    it(`contract: ${title}`, async () => {
      const url = `${(await redis).url}?prefix=${uniqueName("schedule")}`;
      await run(() => openStore(url, context));
    });
  }
});

describe.skipIf(postgres === undefined)("schedule in PostgreSQL", () => {
  contract((name) => `${postgres?.url}?schedule=${name}`);
});

describe.skipIf(mysql === undefined)("schedule in MySQL", () => {
  contract((name) => `${mysql?.url}?schedule=${name}`);
});
