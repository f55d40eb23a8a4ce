import { describe, expect, it } from "vitest";
import type { Channel } from "../contracts.ts";
import type { Binding } from "./binding.ts";
import { Broadcast } from "./broadcast.ts";
import { declareEntity } from "./declare.ts";
import { Exchange } from "./exchange.ts";
import { defaultExchange, Queue } from "./queue.ts";

describe("Exchange", () => {
  it("is a durable direct exchange with persistent messages unless told otherwise", () => {
    const exchange = new Exchange("x");
    expect(exchange).toMatchObject({
      type: "direct",
      durable: true,
      autoDelete: false,
      deliveryMode: 2,
      noDeclare: false,
    });
  });

  it("is never declared when it is the broker's own", () => {
    expect(defaultExchange).toMatchObject({ name: "", noDeclare: true });
  });
});

describe("Queue", () => {
  it("uses its name as the routing key and needs no binding on the default exchange", () => {
    const queue = new Queue("q");
    expect(queue).toMatchObject({
      routingKey: "q",
      bindings: [],
      durable: true,
      exclusive: false,
      autoDelete: false,
    });
  });

  it("is bound to its own exchange first, then to the further ones", () => {
    const [own, other] = [new Exchange("own"), new Exchange("other")];
    const queue = new Queue("q", {
      exchange: own,
      routingKey: "k",
      bindings: [{ exchange: other, routingKey: "o" }, { exchange: other }],
      bindingArguments: { "x-match": "all" },
    });
    expect(queue.bindings.map((b) => [b.exchange.name, b.routingKey, b.arguments])).toEqual([
      ["own", "k", { "x-match": "all" }],
      ["other", "o", {}],
      ["other", "q", {}],
    ]);
  });

  it("states its limits as the broker's arguments, times in milliseconds", () => {
    const queue = new Queue("q", {
      expires: 1.5,
      messageTtl: 60,
      maxLength: 10,
      maxLengthBytes: 1000,
      maxPriority: 9,
      arguments: { "x-queue-type": "classic", "x-expires": 1 },
    });
    expect(queue.arguments).toEqual({
      "x-queue-type": "classic",
      "x-expires": 1500,
      "x-message-ttl": 60_000,
      "x-max-length": 10,
      "x-max-length-bytes": 1000,
      "x-max-priority": 9,
    });
    expect(new Queue("q").arguments).toEqual({});
  });

  it("goes with its consumer when it is exclusive, unless told otherwise", () => {
    expect(new Queue("q", { exclusive: true }).autoDelete).toBe(true);
    expect(new Queue("q", { exclusive: true, autoDelete: false }).autoDelete).toBe(false);
  });
});

describe("Broadcast", () => {
  it("gives every consumer a queue of its own on one fanout exchange", () => {
    const [first, second] = [new Broadcast("news"), new Broadcast("news")];
    expect(first.name).not.toBe(second.name);
    expect(first.exchange).toMatchObject({ name: "news", type: "fanout" });
    expect(first.autoDelete).toBe(true);
    expect(first.bindings).toHaveLength(1);
  });

  it("takes a queue name and an exchange of the user's", () => {
    const exchange = new Exchange("x", { type: "fanout" });
    const queue = new Broadcast("news", { queue: "mine", exchange });
    expect([queue.name, queue.exchange]).toEqual(["mine", exchange]);
  });
});

describe("declareEntity", () => {
  async function declarations(entity: Exchange | Queue): Promise<string[]> {
    const seen: string[] = [];
    const declare = async (e: Exchange | Queue | Binding): Promise<void> => {
      seen.push(e.kind === "binding" ? `${e.exchange.name} -> ${e.queue}` : e.name);
    };
    await declareEntity({ declare } as unknown as Channel, entity);
    return seen;
  }

  it("declares exchanges, then the queue, then its bindings", async () => {
    const queue = new Queue("q", {
      exchange: new Exchange("a"),
      bindings: [{ exchange: new Exchange("b") }],
    });
    expect(await declarations(queue)).toEqual(["a", "b", "q", "a -> q", "b -> q"]);
  });

  it("leaves alone what is not ours to declare", async () => {
    expect(await declarations(new Queue("q"))).toEqual(["q"]);
    expect(await declarations(defaultExchange)).toEqual([]);
    expect(await declarations(new Queue("q", { noDeclare: true }))).toEqual([]);
    const foreign = new Queue("q", { exchange: new Exchange("theirs", { noDeclare: true }) });
    expect(await declarations(foreign)).toEqual(["q", "theirs -> q"]);
  });
});
