import { silentLogger } from "@q/kernel";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { BrokerUrl } from "../../connection/broker-url.ts";
import { databaseFile, parseSqliteOptions } from "./sqlite-options.ts";

const url = (virtualHost: string | undefined) => ({ scheme: "sqlite", virtualHost }) as BrokerUrl;

describe("databaseFile", () => {
  it("is below the working directory for a relative path, and as given for an absolute one", () => {
    expect(databaseFile(url("data/tasks.db"))).toBe(resolve("data/tasks.db"));
    expect(databaseFile(url("/var/lib/tasks.db"))).toBe("/var/lib/tasks.db");
  });

  it("is .q/q.db without a path", () => {
    expect(databaseFile(url(undefined))).toBe(resolve(".q/q.db"));
    expect(databaseFile(url(""))).toBe(resolve(".q/q.db"));
  });

  it("refuses a database in memory and names the alternative", () =>
    expect(() => databaseFile(url(":memory:"))).toThrow(/memory:\/\//));
});

describe("parseSqliteOptions", () => {
  it("waits 10 seconds for locks unless told otherwise, in either spelling", () => {
    expect(parseSqliteOptions({}, silentLogger).lockTimeoutMs).toBe(10_000);
    expect(parseSqliteOptions({ busy_timeout: 2 }, silentLogger).lockTimeoutMs).toBe(2000);
    expect(parseSqliteOptions({ busyTimeout: 0.5 }, silentLogger).lockTimeoutMs).toBe(500);
  });

  it("refuses a timeout that is no number of seconds", () => {
    for (const busy_timeout of ["5", -1, NaN]) {
      expect(() => parseSqliteOptions({ busy_timeout }, silentLogger)).toThrow(/busy_timeout/);
    }
  });

  it("passes over options of other transports", () =>
    expect(parseSqliteOptions({ visibility_timeout: 60 }, silentLogger).lockTimeoutMs).toBe(10_000));
});
