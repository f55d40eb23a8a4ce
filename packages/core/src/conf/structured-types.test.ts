import { describe, expect, it } from "vitest";
import { Queue } from "@q/messaging";
import { retryPolicy, taskAnnotations, taskQueues, taskRoutes } from "./structured-types.ts";

describe("a retry policy", () => {
  it("is taken in either spelling, with defaults for what is absent", () => {
    const expected = { maxRetries: 5, intervalStart: 0, intervalStep: 0.2, intervalMax: 9 };
    expect(retryPolicy.parse({ max_retries: 5, interval_max: 9 })).toEqual(expected);
    expect(retryPolicy.parse({ maxRetries: 5, intervalMax: "9" })).toEqual(expected);
  });

  it("may have no limit", () => {
    expect(retryPolicy.parse({ max_retries: null })?.maxRetries).toBeNull();
  });

  it.each([{ max_retry: 1 }, { interval_max: "x" }, { interval_start: null }, 3, "3"])(
    "is not %j",
    (value) => {
      expect(retryPolicy.parse(value)).toBeUndefined();
    },
  );
});

describe("task routes", () => {
  const router = (): null => null;

  it("may be a map, whose options are taken in either spelling", () => {
    const routes = taskRoutes.parse({
      "feed.*": { queue: "feeds", routing_key: "feed.import" },
      add: "quick",
    });
    expect(routes).toEqual({ "feed.*": { queue: "feeds", routingKey: "feed.import" }, add: "quick" });
  });

  it("may be a function, a Map, pairs, a list of these, or JSON", () => {
    expect(taskRoutes.parse(router)).toBe(router);
    expect(taskRoutes.parse(new Map([[/^a/, { routing_key: "k" }]]))).toEqual(
      new Map([[/^a/, { routingKey: "k" }]]),
    );
    expect(taskRoutes.parse([["a*", { routing_key: "k" }]])).toEqual([["a*", { routingKey: "k" }]]);
    expect(taskRoutes.parse([router, { a: "q" }])).toEqual([router, { a: "q" }]);
    expect(taskRoutes.parse('{"a": "q"}')).toEqual({ a: "q" });
  });

  it.each([[7], ["celery"], [{ a: 7 }], [[["a*", 7]]], [[{ a: 7 }]], [new Map([["a", 7]])]])(
    "are not %j",
    (value) => {
      expect(taskRoutes.parse(value)).toBeUndefined();
    },
  );
});

describe("task queues", () => {
  it("may be queues and specifications in either spelling", () => {
    const queue = new Queue("a");
    expect(taskQueues.parse([queue, { name: "b", routing_key: "k" }])).toEqual([
      queue,
      { name: "b", routingKey: "k" },
    ]);
  });

  it("may be a map of names to specifications", () => {
    const queues = taskQueues.parse({
      b: { exchange_type: "topic", queue_arguments: { "x-max-length": 5 } },
    });
    expect(queues).toEqual({ b: { exchangeType: "topic", queueArguments: { "x-max-length": 5 } } });
  });

  it.each([[["celery"]], [{ a: 1 }], ["celery"]])("are not %j", (value) => {
    expect(taskQueues.parse(value)).toBeUndefined();
  });
});

describe("task annotations", () => {
  it("may be options by name, in either spelling", () => {
    expect(taskAnnotations.parse({ "*": { rate_limit: "10/s" } })).toEqual({ "*": { rateLimit: "10/s" } });
  });

  it("may be an object that annotates each task", () => {
    const annotator = {
      limit: 3,
      annotate: (options: { name: string }) => (options.name === "a" ? { maxRetries: 3 } : undefined),
    };
    const read = taskAnnotations.parse([annotator]);
    const ask = (read as readonly ((options: { name: string }) => unknown)[])[0];
    expect([ask?.({ name: "a" }), ask?.({ name: "b" })]).toEqual([{ maxRetries: 3 }, undefined]);
  });

  it.each([[{ a: 1 }], [7], [[7]]])("are not %j", (value) => {
    expect(taskAnnotations.parse(value)).toBeUndefined();
  });
});
