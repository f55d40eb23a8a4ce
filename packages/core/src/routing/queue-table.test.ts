import { describe, expect, it } from "vitest";
import { Broadcast, Exchange, Queue } from "@q/messaging";
import { UnroutableError } from "../errors.ts";
import { type QueueSettings, QueueTable } from "./queue-table.ts";

function table(settings: Partial<QueueSettings> = {}): QueueTable {
  return new QueueTable({
    taskQueues: null,
    taskDefaultQueue: "celery",
    taskDefaultQueueType: "classic",
    taskDefaultExchange: null,
    taskDefaultExchangeType: "direct",
    taskDefaultRoutingKey: null,
    taskCreateMissingQueues: true,
    taskCreateMissingQueueType: "classic",
    taskCreateMissingQueueExchangeType: null,
    taskQueueMaxPriority: null,
    taskDefaultDeliveryMode: 2,
    ...settings,
  });
}

/** What identifies a queue on a broker. */
function outline({ name, exchange, routingKey, arguments: args }: Queue): string {
  const more = Object.keys(args).length > 0 ? ` ${JSON.stringify(args)}` : "";
  return `${name} <- ${exchange.name}(${exchange.type}) ${routingKey}${more}`;
}

const outlines = (queues: readonly Queue[]): string[] => queues.map(outline);

describe("without configured queues", () => {
  it("there is one, named after the default queue", () => {
    expect(outlines(table().configured())).toEqual(["celery <- celery(direct) celery"]);
    expect(outlines(table({ taskQueues: [] }).configured())).toEqual(["celery <- celery(direct) celery"]);
  });

  it("the default queue follows its settings", () => {
    const settings = {
      taskDefaultQueue: "tasks",
      taskDefaultExchange: "media",
      taskDefaultExchangeType: "topic",
      taskDefaultRoutingKey: "media.video",
      taskDefaultQueueType: "quorum",
      taskDefaultDeliveryMode: 1,
    } as const;
    const queue = table(settings).default;
    expect(outline(queue)).toBe('tasks <- media(topic) media.video {"x-queue-type":"quorum"}');
    expect(queue.exchange.deliveryMode).toBe(1);
  });
});

describe("configured queues", () => {
  it("may be a list of queues and descriptions", () => {
    const queues = table({
      taskQueues: [
        new Queue("feeds", { exchange: new Exchange("news", { type: "topic" }), routingKey: "feed.#" }),
        { name: "images", exchange: "media", exchangeType: "fanout", routingKey: "i", durable: false },
        { name: "plain", queueArguments: { "x-dead-letter-exchange": "dlx" } },
      ],
    });
    expect(outlines(queues.configured())).toEqual([
      "feeds <- news(topic) feed.#",
      "images <- media(fanout) i",
      'plain <- plain(direct) plain {"x-dead-letter-exchange":"dlx"}',
    ]);
    expect(queues.get("images").durable).toBe(false);
  });

  it("may be a map by name", () => {
    const queues = table({ taskQueues: { a: {}, b: { exchange: "x", routingKey: "k" } } });
    expect(outlines(queues.configured())).toEqual(["a <- a(direct) a", "b <- x(direct) k"]);
  });

  it("all get the common number of priorities, unless they have their own", () => {
    const taskQueues = [
      new Queue("a", { durable: false }),
      new Queue("b", { maxPriority: 3 }),
      { name: "c" },
    ];
    const queues = table({ taskQueues, taskQueueMaxPriority: 10 });
    const priorities = queues.configured().map((queue) => queue.arguments["x-max-priority"]);
    expect(priorities).toEqual([10, 3, 10]);
    expect(queues.get("new").arguments).toEqual({ "x-max-priority": 10 });
    expect(queues.get("a")).toBeInstanceOf(Queue);
    expect(queues.get("a").durable).toBe(false);
  });
});

describe("a queue that is not configured", () => {
  it("is created on use, always the same, and not consumed by every worker", () => {
    const queues = table();
    const created = queues.get("other");
    expect(outline(created)).toBe("other <- other(direct) other");
    expect(queues.get("other")).toBe(created);
    expect(outlines(queues.configured())).toEqual(["celery <- celery(direct) celery"]);
  });

  it("has the type and the exchange type that the settings say", () => {
    const queues = table({
      taskCreateMissingQueueType: "quorum",
      taskCreateMissingQueueExchangeType: "topic",
    });
    expect(outline(queues.get("x"))).toBe('x <- x(topic) x {"x-queue-type":"quorum"}');
  });

  it("is an error with a hint when creating is switched off", () => {
    const queues = table({ taskCreateMissingQueues: false, taskQueues: { images: {} } });
    expect(() => queues.get("image")).toThrow(UnroutableError);
    expect(() => queues.get("image")).toThrow(/Did you mean "images"\? Add it to task_queues/);
    expect(queues.get("images").name).toBe("images");
  });
});

describe("the queues of a worker", () => {
  const queues = table({ taskQueues: { a: {}, b: {} } });
  const names = (options: { only?: string[]; exclude?: string[] }): string[] =>
    queues.select(options).map((queue) => queue.name);

  it("are all configured ones, without the excluded", () => {
    expect(names({})).toEqual(["a", "b"]);
    expect(names({ exclude: ["a"] })).toEqual(["b"]);
  });

  it("are those it names, known or not", () => {
    expect(names({ only: ["b", "new"] })).toEqual(["b", "new"]);
  });

  it("can be added later", () => {
    const more = table();
    more.add(new Queue("late"));
    expect(more.configured().map((queue) => queue.name)).toEqual(["celery", "late"]);
  });
});

it("knows broadcasts by their name, and gives fanout queues the default routing key", () => {
  const queues = table({
    taskQueues: [
      new Broadcast("everybody", { queue: "mine" }),
      new Queue("news", { exchange: new Exchange("all", { type: "fanout" }) }),
    ],
    taskQueueMaxPriority: 5,
  });
  const [everybody, news] = [
    'mine <- everybody(fanout) celery {"x-max-priority":5}',
    'news <- all(fanout) celery {"x-max-priority":5}',
  ];
  expect(outlines([queues.get("everybody"), queues.get("news")])).toEqual([everybody, news]);
  expect(outlines(queues.select({ exclude: ["everybody"] }))).toEqual([news]);
  expect(queues.get("everybody").bindings.map(({ routingKey }) => routingKey)).toEqual(["celery"]);
});
