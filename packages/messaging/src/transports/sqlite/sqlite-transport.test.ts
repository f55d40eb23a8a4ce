import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import {
  channelContract,
  transportContract,
  type TransportHarness,
  unmetNeeds,
} from "../../testing/index.ts";
import { openDatabase } from "./sqlite-database.ts";
import { sqliteConnectOptions } from "./connect-options.fixture.ts";
import { createSqliteTransport } from "./sqlite-transport.ts";

const transport = createSqliteTransport();

async function open(): Promise<TransportHarness> {
  const folder = await mkdtemp(join(tmpdir(), "q-sqlite-"));
  const file = join(folder, "q.db");
  return {
    capabilities: transport.capabilities,
    connect: () => transport.connect(sqliteConnectOptions(file)),
    uniqueName: (prefix) => `${prefix}.${randomUUID()}`,
    injectRaw: async (queue, raw) => {
      await using use = await openDatabase(file);
      const insert = use.database.prepare(
        "INSERT INTO message (queue, priority, envelope, body) SELECT id, 0, '}{', ? FROM queue WHERE name = ?",
      );
      await use.database.write(() => insert.run(raw, queue));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

describe("SQLite transport", () => {
  const offered = { capabilities: transport.capabilities, injectRaw: async () => {} };
  for (const { title, needs, run } of [...channelContract, ...transportContract]) {
    it.skipIf(unmetNeeds(needs, offered).length > 0)(`contract: ${title}`, () => run(open), 20_000);
  }
});
