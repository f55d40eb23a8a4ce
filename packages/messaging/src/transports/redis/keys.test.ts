import { describe, expect, it } from "vitest";
import { type KeyOptions, RedisKeys } from "./keys.ts";
import { parseRedisOptions } from "./redis-option-schema.ts";

function keysWith(options: Partial<KeyOptions> = {}, database: number = 11): RedisKeys {
  return new RedisKeys(parseRedisOptions({ ...options }).options, database);
}

describe("RedisKeys", () => {
  it("gives each priority step a list of its own, the first without a suffix", () =>
    expect(keysWith().ofQueue("celery")).toEqual([
      "celery",
      "celery\x06\x163",
      "celery\x06\x166",
      "celery\x06\x169",
    ]));

  it("uses the steps and the separator it is given", () => {
    const keys = keysWith({ sep: ":", prioritySteps: [5, 0] });
    expect(keys.ofQueue("q")).toEqual(["q", "q:5"]);
    expect([4, 5, 99, undefined].map((priority) => keys.forPriority("q", priority))).toEqual([
      "q",
      "q:5",
      "q:5",
      "q",
    ]);
  });

  it("puts the global prefix before every key and channel", () => {
    const keys = keysWith({ globalKeyprefix: "g:" });
    const all = [
      keys.binding("x"),
      keys.unacked,
      keys.unackedIndex,
      keys.unackedMutex,
      keys.forPriority("q", 9),
    ];
    expect(all).toEqual([
      "g:_kombu.binding.x",
      "g:unacked",
      "g:unacked_index",
      "g:unacked_mutex",
      "g:q\x06\x169",
    ]);
    expect(keys.fanoutChannel("fx", "a.b")).toBe("g:/11.fx/a.b");
    expect(keys.parked("q")).toBe("g:_q.parked.q");
  });

  it("names broadcast channels after database, exchange and routing key", () => {
    const keys = keysWith({}, 0);
    expect(keys.fanoutChannel("celery.pidbox", "")).toBe("/0.celery.pidbox");
    expect(keys.fanoutChannel("celeryev", "worker.heartbeat")).toBe("/0.celeryev/worker.heartbeat");
    expect(keys.fanoutPattern("celeryev", "worker.#")).toBe("/0.celeryev/worker.*");
  });

  it.each([
    ["false", { fanoutPrefix: false }, "fx/a.b"],
    ["a text", { fanoutPrefix: "/my." }, "/my.fx/a.b"],
    ["a text with the database", { fanoutPrefix: "/v{db}." }, "/v11.fx/a.b"],
    ["false for patterns", { fanoutPatterns: false }, "/11.fx"],
  ])("honours the fanout option: %s", (_title, options, channel) =>
    expect(keysWith(options).fanoutChannel("fx", "a.b")).toBe(channel),
  );

  it("writes bindings as kombu does and reads them again", () => {
    const row = { routingKey: "a.*.c", pattern: "^a\\..*?[^\\.]\\.c$", queue: "tq1" };
    const member = keysWith().bindingMember(row);
    expect(member).toBe("a.*.c\x06\x16^a\\..*?[^\\.]\\.c$\x06\x16tq1");
    expect(keysWith().parseBindingMember(member)).toEqual(row);
    expect(keysWith().parseBindingMember("something else")).toBeUndefined();
  });
});
