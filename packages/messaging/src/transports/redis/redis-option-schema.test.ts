import { describe, expect, it } from "vitest";
import { redisDefaults } from "./redis-options.ts";
import { parseRedisOptions } from "./redis-option-schema.ts";

describe("parseRedisOptions", () => {
  it("has kombu's defaults", () =>
    expect(parseRedisOptions({}).options).toMatchObject({
      visibilityTimeout: 3600,
      prioritySteps: [0, 3, 6, 9],
      sep: "\x06\x16",
      unackedKey: "unacked",
      fanoutPrefix: true,
      fanoutPatterns: true,
      healthCheckInterval: 25,
      ackEmulation: true,
    }));

  it("has the same defaults whether options are given or not", () => {
    expect(parseRedisOptions({}).options).toEqual(redisDefaults);
  });

  it("reads both spellings", () => {
    expect(parseRedisOptions({ visibility_timeout: 5, global_keyprefix: "g:" }).options).toMatchObject({
      visibilityTimeout: 5,
      globalKeyprefix: "g:",
    });
    expect(parseRedisOptions({ visibilityTimeout: 5 }).options.visibilityTimeout).toBe(5);
  });

  it("names the nearest option when it does not know one", () =>
    expect(() => parseRedisOptions({ visibilty_timeout: 5 })).toThrow(
      /no option "visibilty_timeout".*"visibilityTimeout"/,
    ));

  it("says what is wrong with a value", () =>
    expect(() => parseRedisOptions({ visibility_timeout: "an hour" })).toThrow(/visibilityTimeout/));

  it("accepts options of kombu that need nothing from us, and says so", () => {
    const { ignored } = parseRedisOptions({ max_connections: 10, retry_on_timeout: true });
    expect(ignored.map(({ option }) => option)).toEqual(["max_connections", "retry_on_timeout"]);
  });

  it("takes null for what is not set, as Python does", () =>
    expect(parseRedisOptions({ socket_timeout: null, health_check_interval: null }).options).toMatchObject({
      socketTimeout: 5,
      healthCheckInterval: 25,
    }));

  it("is not confused by names every object has", () =>
    expect(() => parseRedisOptions({ constructor: 1 })).toThrow(/no option "constructor"/));
});
