import { describe, expect, it } from "vitest";
import { parseBrokerUrl } from "../../connection/parse-url.ts";
import { driverOptions, type RedisAddress, redisAddress } from "./redis-address.ts";
import { parseRedisOptions } from "./redis-option-schema.ts";

function address(url: string, options: Record<string, unknown> = {}): RedisAddress {
  return redisAddress(parseBrokerUrl(url), false, parseRedisOptions(options).options);
}

describe("redisAddress", () => {
  it("defaults to database 0 of the local server, without TLS", () =>
    expect(address("redis://")).toMatchObject({
      host: "localhost",
      port: 6379,
      database: 0,
      tls: undefined,
    }));

  it("reads login, host, port and database", () => {
    expect(address("redis://user:p%40ss@h:6380/3")).toMatchObject({
      host: "h",
      port: 6380,
      database: 3,
      username: "user",
      password: "p@ss",
    });
    expect(address("redis://:pw@h")).toMatchObject({ username: undefined, password: "pw" });
    expect(address("redis://[::1]:6379/1")).toMatchObject({ host: "::1", database: 1 });
  });

  it("knows Valkey's schemes", () => {
    expect(address("valkey://h/2")).toMatchObject({ host: "h", database: 2, tls: undefined });
    expect(address("valkeys://h").tls).toBeDefined();
  });

  it("reads the path of a Unix socket, and its database from the query", () => {
    expect(address("redis+socket:///tmp/r.sock?virtual_host=2")).toMatchObject({
      path: "/tmp/r.sock",
      database: 2,
    });
    expect(address("socket:///tmp/r.sock?db=4")).toMatchObject({ path: "/tmp/r.sock", database: 4 });
  });

  it("refuses a database that is no number", () => expect(() => address("redis://h/main")).toThrow(/"main"/));

  it("verifies certificates unless it is told not to", () => {
    expect(driverOptions(address("rediss://h")).tls).not.toHaveProperty("rejectUnauthorized");
    expect(driverOptions(address("rediss://h?ssl_cert_reqs=required")).tls).toMatchObject({
      rejectUnauthorized: true,
    });
    expect(driverOptions(address("rediss://h?ssl_cert_reqs=CERT_NONE")).tls).toMatchObject({
      rejectUnauthorized: false,
    });
    expect(() => address("rediss://h?ssl_cert_reqs=maybe")).toThrow(/ssl_cert_reqs/);
  });

  it("asks the sentinels for the master it is given", () => {
    const found = driverOptions(
      address("sentinel://a:26379/1", { master_name: "main", sentinel_kwargs: { password: "pw" } }),
    );
    expect(found).toMatchObject({
      sentinels: [{ host: "a", port: 26379 }],
      name: "main",
      sentinelPassword: "pw",
      db: 1,
    });
  });

  it("refuses sentinels without the name of a master", () =>
    expect(() => address("sentinel://a")).toThrow(/master_name/));

  it("never lets the driver repair a connection", () =>
    expect(driverOptions(address("redis://h"))).toMatchObject({
      retryStrategy: null,
      enableOfflineQueue: false,
      noDelay: true,
    }));
});
