import { describe, expect, it } from "vitest";
import { backendContext } from "../testing/index.ts";
import { ResultKeys } from "./redis-keys.ts";
import { parseRedisResultOptions } from "./redis-option-schema.ts";
import { readRedisBackendOptions, type RedisBackendOptions, redisResultDefaults } from "./redis-options.ts";

const parse = (url: string, settings = {}, transportOptions = {}): Promise<RedisBackendOptions> =>
  readRedisBackendOptions(backendContext(url, { settings, transportOptions }));

describe("options of the Redis backend", () => {
  it("has Celery's defaults", async () => {
    expect(await parse("redis://")).toMatchObject({
      address: { host: "localhost", port: 6379, database: 0, tls: undefined },
      socket: { replyTimeoutMs: 120_000, keepAlive: false },
      ttlSeconds: 86_400,
      retriesTimeouts: false,
    });
  });

  it("reads server, login and database of the URL", async () => {
    const { address } = await parse("redis://me:pw%40@db.example:7000/3");
    expect(address).toMatchObject({
      host: "db.example",
      port: 7000,
      database: 3,
      username: "me",
      password: "pw@",
    });
  });

  it("takes from the settings what the URL leaves open, and nothing else", async () => {
    const settings = { redisHost: "other", redisPort: 1, redisDb: 5, redisUsername: "u", redisPassword: "p" };
    expect((await parse("redis://", settings)).address).toMatchObject({
      host: "other",
      port: 1,
      database: 5,
      username: "u",
      password: "p",
    });
    expect((await parse("redis://h:2/1", settings)).address).toMatchObject({
      host: "h",
      port: 2,
      database: 1,
    });
  });

  it("reads a Unix socket", async () => {
    expect((await parse("socket:///var/run/redis.sock?virtual_host=2")).address).toMatchObject({
      path: "/var/run/redis.sock",
      database: 2,
    });
  });

  it("checks certificates with rediss unless told otherwise", async () => {
    expect((await parse("rediss://h")).address.tls).toMatchObject({ checksHostname: true });
    expect((await parse("rediss://h?ssl_cert_reqs=none")).address.tls?.options).toMatchObject({
      rejectUnauthorized: false,
    });
    expect(
      (await parse("redis://h", { redisBackendUseSsl: { ssl_cert_reqs: "required" } })).address.tls?.options,
    ).toMatchObject({
      rejectUnauthorized: true,
    });
  });

  it("needs the name of the master for sentinels", async () => {
    await expect(parse("sentinel://a:26379")).rejects.toThrow(/master_name/);
    expect(
      (await parse("sentinel://a:26379", {}, { master_name: "mymaster" })).address.sentinels,
    ).toMatchObject({
      masterName: "mymaster",
      nodes: [{ host: "a", port: 26_379 }],
    });
  });

  it("reads timeouts, client name and retry policy", async () => {
    const settings = {
      redisSocketTimeout: 3,
      redisSocketConnectTimeout: 2,
      redisSocketKeepalive: true,
      redisClientName: "my app",
      redisRetryOnTimeout: true,
      redisBackendHealthCheckInterval: 7,
    };
    const options = await parse("redis://", settings, {
      retry_policy: { max_retries: 1, interval_start: 0.5 },
    });
    expect(options.socket).toEqual({
      replyTimeoutMs: 3000,
      connectTimeoutMs: 2000,
      keepAlive: true,
      name: "my-app",
    });
    expect(options).toMatchObject({ retriesTimeouts: true, healthCheckMs: 7000 });
    expect([options.delays(0), options.delays(1)]).toEqual([500, undefined]);
  });

  it("names an unknown option and the nearest known one", async () => {
    await expect(parse("redis://", {}, { global_keyprefx: "a" })).rejects.toThrow(
      /global_keyprefx.*globalKeyprefix/s,
    );
    await parse(
      "redis://",
      {},
      { visibility_timeout: 5, result_chord_ordered: true, socket_keepalive: true },
    );
  });

  it("has the same defaults whether options are given or not", () => {
    expect(parseRedisResultOptions({})).toEqual(redisResultDefaults);
  });
});

describe("keys of results", () => {
  it.each([
    ["", "celery-task-meta-t"],
    ["app", "app_celery-task-meta-t"],
    ["app:", "app:celery-task-meta-t"],
  ])("with the prefix %j", (prefix, key) => {
    const keys = new ResultKeys(prefix);
    expect(keys.ofTask("t")).toBe(key);
    expect(keys.taskOf(key)).toBe("t");
    expect(keys.taskOf("another")).toBeUndefined();
  });
});
