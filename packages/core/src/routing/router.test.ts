import { describe, expect, it } from "vitest";
import { Broadcast, Exchange, Queue } from "@q/messaging";
import { Conf } from "../conf/conf.ts";
import type { SettingsInput } from "../conf/settings-input.ts";
import { QueueTable } from "./queue-table.ts";
import { type Destination, globPattern, overlayOptions, Router, type TaskRoutes } from "./router.ts";

function router(routes: TaskRoutes | null, settings: SettingsInput = {}): Router {
  return new Router(new QueueTable(new Conf({ env: {}, preset: settings }).settings), routes);
}

const NO_CALL = { args: [], kwargs: {}, options: {} };

/** Queue that the routes give each of these tasks. */
function queues(routes: TaskRoutes, ...names: string[]): unknown[] {
  const compiled = router(routes);
  return names.map((name) => compiled.lookup(name, NO_CALL).queue);
}

const address = ({ exchange, routingKey }: Destination): string => `${exchange}/${routingKey}`;

describe("routes", () => {
  it("may be a map from names to queues or options", () => {
    const routes = router({ "t.add": "fast", "t.mul": { queue: "slow", priority: 3 } });
    expect(routes.lookup("t.add", NO_CALL)).toEqual({ queue: "fast" });
    expect(routes.lookup("t.mul", NO_CALL)).toEqual({ queue: "slow", priority: 3 });
    expect(routes.lookup("t.div", NO_CALL)).toEqual({});
  });

  it("may name tasks by a pattern; the exact name wins, then the first pattern", () => {
    const routes = { "feed.*": "feeds", "*": "rest", "feed.special": "own" };
    expect(queues(routes, "feed.a.b", "feed.special", "feeds", "x")).toEqual([
      "feeds",
      "own",
      "rest",
      "rest",
    ]);
  });

  it("may be pairs, with regular expressions among them", () => {
    const routes: TaskRoutes = [
      [/^(video|image)\./, { queue: "media" }],
      ["web.*", "web"],
    ];
    expect(queues(routes, "image.x", "web.y", "a.video.z")).toEqual(["media", "web", undefined]);
  });

  it("find the same queue every time with a global expression", () => {
    expect(queues([[/video/g, "media"]], "video.a", "video.a", "video.a")).toEqual([
      "media",
      "media",
      "media",
    ]);
  });

  it("may be a Map", () => {
    const routes = new Map<string | RegExp, string>([
      [/^v/, "media"],
      ["t", "web"],
    ]);
    expect(queues(routes, "v", "t")).toEqual(["media", "web"]);
  });

  it("may be functions that see the call, asked in order until one answers", () => {
    const seen: unknown[] = [];
    const routes = router([
      (name, call) => {
        seen.push([name, call.args, call.kwargs, call.options]);
        return null;
      },
      { "t.add": "fast" },
      () => "never asked",
    ]);
    expect(routes.lookup("t.add", { args: [1], kwargs: { y: 2 }, options: { priority: 1 } })).toEqual({
      queue: "fast",
    });
    expect(seen).toEqual([["t.add", [1], { y: 2 }, { priority: 1 }]]);
  });

  it.each([
    ["a*", "abc", true],
    ["a*", "ba", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["[ab].x", "b.x", true],
    ["[!ab].x", "b.x", false],
    ["[!ab].x", "c.x", true],
    ["a.b", "axb", false],
    ["a(b)+|^$*", "a(b)+|^$anything", true],
    ["*", "two\nlines", true],
  ])("take %j for %j: %s", (glob, name, matches) => {
    expect(globPattern(glob).test(name)).toBe(matches);
  });
});

it("refuses routes that set what is no call option: those of maps at once, those of functions when they answer", () => {
  const slip = /^task_routes: there is no call option "que"\. Did you mean "queue"\?$/;
  expect(() => router({ "t.*": { que: "x" } as object })).toThrow(slip);
  expect(() => router([[/^t/, { que: "x" } as object]])).toThrow(slip);
  expect(() => router(() => ({ que: "x" }) as object).lookup("t.add", NO_CALL)).toThrow(slip);
});

describe("a destination", () => {
  it("is the default queue, reached through the default exchange", () => {
    const found = router(null).destination({});
    expect([address(found), found.queue?.name, found.declare]).toEqual(["/celery", "celery", [found.queue]]);
  });

  it("may be a queue by name or as an object; a routing key means nothing on a direct one", () => {
    const routes = router(null);
    expect(address(routes.destination({ queue: "x" }))).toBe("/x");
    expect(address(routes.destination({ queue: new Queue("y") }))).toBe("/y");
    expect(address(routes.destination({ queue: "x", routingKey: "k" }))).toBe("/x");
    expect(address(routes.destination({ routingKey: "k" }))).toBe("/celery");
  });

  it("of a queue on another kind of exchange is that exchange, with the queue's key or the given one", () => {
    const taskQueues = [
      { name: "feeds", exchange: "news", exchangeType: "topic", routingKey: "feed.default" },
    ];
    const routes = router(null, { taskQueues, taskDefaultQueue: "feeds" });
    expect(address(routes.destination({ queue: "feeds" }))).toBe("news/feed.default");
    expect(address(routes.destination({ routingKey: "feed.sport" }))).toBe("news/feed.sport");
  });

  it("may be an exchange, which is declared when it is given as an object", () => {
    const routes = router(null);
    const exchange = new Exchange("ex", { type: "fanout", deliveryMode: 1 });
    expect(routes.destination({ exchange, routingKey: "k" })).toMatchObject({
      declare: [exchange],
      deliveryMode: 1,
    });
    const named = routes.destination({ exchange: "ex", routingKey: "k" });
    expect([address(named), named.declare, named.deliveryMode]).toEqual(["ex/k", [], 2]);
  });

  it("may be an exchange of the app's queues by its name: type and routing key are those of the queue", () => {
    const everybody = new Broadcast("everybody");
    const routes = router(null, { taskQueues: [everybody] });
    expect(routes.destination({ exchange: "everybody" })).toMatchObject({
      exchange: "everybody",
      routingKey: "celery",
      declare: [everybody.exchange],
    });
    expect(routes.destination({ queue: "everybody" })).toMatchObject({
      exchange: "everybody",
      routingKey: "celery",
      declare: [everybody.exchange],
    });
    expect(address(routes.destination({ exchange: "everybody", routingKey: "k" }))).toBe("everybody/k");
  });

  it("may be an exchange by name and type, which is one and the same for every call", () => {
    const routes = router(null);
    const [first, second] = ["a", "b"].map((routingKey) =>
      routes.destination({ exchange: "media", exchangeType: "topic", routingKey }),
    );
    expect(first?.declare).toEqual([expect.objectContaining({ name: "media", type: "topic" })]);
    expect(second?.declare[0]).toBe(first?.declare[0]);
    expect(address(second!)).toBe("media/b");
  });

  it("has the delivery mode of the settings when nothing else says one", () => {
    const routes = router(null, { taskDefaultDeliveryMode: "transient" });
    const modes = [{}, { queue: "new" }, { queue: new Queue("plain") }, { exchange: "ex" }].map(
      (options) => routes.destination(options).deliveryMode,
    );
    expect(modes).toEqual([1, 1, 1, 1]);
  });

  it("does not exist for an unknown queue when creating is switched off", () => {
    const routes = router(null, { taskCreateMissingQueues: false });
    expect(() => routes.destination({ queue: "celry" })).toThrow(/Did you mean "celery"/);
  });
});

describe("options on top of others", () => {
  it("keep what they do not set themselves", () => {
    expect(overlayOptions({ priority: 1, queue: "a" }, { priority: 2 })).toEqual({ priority: 2, queue: "a" });
  });

  it("replace the whole destination when they name one", () => {
    const lower = { exchange: "ex", routingKey: "k", priority: 1 };
    expect(overlayOptions(lower, { queue: "q" })).toEqual({ queue: "q", priority: 1 });
    expect(overlayOptions({ queue: "q", priority: 1 }, { exchange: "ex" })).toEqual({
      exchange: "ex",
      priority: 1,
    });
    expect(overlayOptions(lower, { routingKey: "other" })).toEqual({ ...lower, routingKey: "other" });
  });
});
