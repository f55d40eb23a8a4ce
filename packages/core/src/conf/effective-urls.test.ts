import { describe, expect, it } from "vitest";
import { Conf } from "./conf.ts";
import {
  effectiveBrokerUrl,
  effectiveReadUrl,
  effectiveResultBackend,
  effectiveWriteUrl,
} from "./effective-urls.ts";
import type { SettingsInput } from "./settings-input.ts";
import type { Settings } from "./settings.ts";

function settings(preset: SettingsInput): Settings {
  return new Conf({ preset, env: {} }).settings;
}

describe("the broker", () => {
  it("is the embedded one by default", () => {
    expect(effectiveBrokerUrl(settings({}))).toBe("sqlite:///.q/q.db");
  });

  it("is where broker_url says", () => {
    expect(effectiveBrokerUrl(settings({ brokerUrl: ["redis://a", "redis://b"] }))).toEqual([
      "redis://a",
      "redis://b",
    ]);
  });

  it("may be another one for reading and for writing", () => {
    const split = settings({
      brokerUrl: "redis://a",
      brokerReadUrl: "redis://r",
      brokerWriteUrl: "redis://w",
    });
    expect([effectiveReadUrl(split), effectiveWriteUrl(split)]).toEqual(["redis://r", "redis://w"]);
    const whole = settings({ brokerUrl: "redis://a" });
    expect([effectiveReadUrl(whole), effectiveWriteUrl(whole)]).toEqual(["redis://a", "redis://a"]);
  });

  it.each<[SettingsInput, string]>([
    [{ brokerHost: "h" }, "amqp://h"],
    [
      { brokerHost: "h", brokerPort: 5673, brokerUser: "u", brokerPassword: "p@ss", brokerVhost: "/v" },
      "amqp://u:p%40ss@h:5673/%2Fv",
    ],
    [{ brokerTransport: "redis", brokerPassword: "x" }, "redis://:x@localhost"],
    [{ brokerTransport: "memory" }, "memory://"],
    [{ brokerHost: "redis://h/1" }, "redis://h/1"],
  ])("is composed of the legacy settings %j", (preset, expected) => {
    expect(effectiveBrokerUrl(settings(preset))).toBe(expected);
  });
});

describe("the result backend", () => {
  it("is the file of the embedded broker", () => {
    expect(effectiveResultBackend(settings({}))).toBe("sqlite:///.q/q.db");
    expect(effectiveResultBackend(settings({ brokerUrl: "sqlite:///tmp/x.db" }))).toBe("sqlite:///tmp/x.db");
    expect(effectiveResultBackend(settings({ brokerUrl: ["sqlite:///tmp/x.db"] }))).toBe(
      "sqlite:///tmp/x.db",
    );
  });

  it("is off with any other broker", () => {
    expect(effectiveResultBackend(settings({ brokerUrl: "redis://h" }))).toBeNull();
  });

  it.each<[SettingsInput, string | null]>([
    [{ resultBackend: "redis://h/1" }, "redis://h/1"],
    [{ resultBackend: "disabled" }, null],
    [{ resultBackend: "rpc" }, "rpc://"],
    [
      { resultBackend: "redis", redisHost: "h", redisPort: 6380, redisDb: 2, redisPassword: "x" },
      "redis://:x@h:6380/2",
    ],
    [{ resultBackend: "redis" }, "redis://"],
    [{ resultBackend: "cache", cacheBackend: "memory" }, "cache+memory://"],
    [{ resultBackend: "cache", cacheBackend: "memcached://h:1" }, "cache+memcached://h:1"],
    [{ resultBackend: "database", databaseUrl: "db+sqlite:///x" }, "db+sqlite:///x"],
  ])("reads %j", (preset, expected) => {
    expect(effectiveResultBackend(settings(preset))).toBe(expected);
  });
});
