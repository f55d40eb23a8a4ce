import { readFileSync } from "node:fs";
import { Binding, type Channel, Exchange, Queue } from "@q/messaging";
import { expect, it } from "vitest";
import { startRedis } from "../harness/redis-server.ts";
import { requires } from "../harness/requires.ts";
import { suiteResource } from "../harness/suite-resource.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { Consumer, RedisBench, text, toQueue } from "./redis-bench.ts";

interface Snapshot {
  readonly [key: string]: {
    readonly left_to_right?: readonly string[];
    readonly fields?: Readonly<Record<string, string>>;
    readonly scores?: readonly (readonly [string, number])[];
    readonly members?: readonly string[];
  };
}
const vectors = JSON.parse(readFileSync(new URL("../vectors/transports.json", import.meta.url), "utf8")).cases
  .redis as Record<string, Snapshot>;

requires("redis")("Redis transport, beside kombu", () => {
  const server = suiteResource(() => startRedis());
  const open = (): Promise<RedisBench> => RedisBench.open(server());

  async function load(bench: RedisBench, snapshot: Snapshot): Promise<void> {
    for (const [key, { left_to_right: entries, fields, scores, members }] of Object.entries(snapshot)) {
      if (entries?.length) await bench.client.rpush(key, ...entries);
      if (fields) await bench.client.hset(key, fields);
      if (members?.length) await bench.client.sadd(key, ...members);
      for (const [member, score] of scores ?? []) await bench.client.zadd(key, score, member);
    }
  }

  async function claimOne(channel: Channel, queue: string): Promise<Consumer> {
    const consumer = new Consumer(channel, [queue], { prefetch: 1 });
    await consumer.waitFor(1);
    return consumer;
  }

  it("books a claimed message as kombu does, so that Python can give it back", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await channel.publish(text("x"), toQueue("celery"));
    const [entry = ""] = await bench.client.lrange("celery", 0, -1);
    await using consumer = await claimOne(channel, "celery");
    const { tag } = consumer.deliveries[0] ?? { tag: "" };

    expect(JSON.parse(entry).properties.delivery_tag).toBe(tag);
    expect(await bench.client.hgetall("unacked")).toEqual({ [tag]: `[${entry}, "", "celery"]` });
    const score = Number(await bench.client.zscore("unacked_index", tag));
    expect(Math.abs(score - Date.now() / 1000)).toBeLessThan(5);

    for (const delivery of consumer.deliveries) channel.settle(delivery, "ack");
    await channel.flush();
    expect(await bench.client.keys("*")).toEqual([]);
  });

  it("shows the entry with its delivery, until the next batch is asked for", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await channel.publish(text("x"), toQueue("celery"));
    const [entry] = await bench.client.lrange("celery", 0, -1);
    const stop = new AbortController();
    const batches = channel.consume(["celery"], { prefetch: 1, signal: stop.signal })[Symbol.asyncIterator]();
    const [delivery] = (await batches.next()).value ?? [];
    expect(delivery?.envelope).toBe(entry);

    const end = batches.next();
    expect(delivery?.envelope).toBeUndefined();
    stop.abort();
    expect((await end).done).toBe(true);
    // Seen, and not settled: it goes back once.
    await channel[Symbol.asyncDispose]();
    expect(await bench.client.llen("celery")).toBe(1);
  });

  it("restores what a dead Python worker held, byte for byte as kombu would", async () => {
    await using bench = await open();
    await load(bench, vectors["before_restore_visible"] ?? {});
    const channel = await bench.channel({ visibility_timeout: 1 });
    // Another queue: what is given back must stay to be looked at.
    await using _consumer = new Consumer(channel, ["elsewhere"], { prefetch: 1 });
    const expected = vectors["after_restore_visible"]?.["celery\x06\x163"]?.left_to_right ?? [];
    await waitUntil(async () => (await bench.client.llen("celery\x06\x163")) === 1);

    expect(await bench.client.lrange("celery\x06\x163", 0, -1)).toEqual(expected);
    expect(await bench.client.exists("unacked", "unacked_index")).toBe(0);
  });

  it("leaves the restoring to the peer that holds the mutex", async () => {
    await using bench = await open();
    await load(bench, vectors["before_restore_visible"] ?? {});
    await bench.client.set("unacked_mutex", "somebody", "PX", 1500);
    const channel = await bench.channel({ visibility_timeout: 1 });
    await using _consumer = new Consumer(channel, ["elsewhere"], { prefetch: 1 });
    await waitUntil(async () => bench.client.exists("unacked_mutex").then((n) => n === 0));
    await waitUntil(async () => (await bench.client.exists("unacked")) === 0);
  });

  it("restores messages of named exchanges along their bindings, and parks what belongs nowhere", async () => {
    await using bench = await open();
    const envelope = (tag: string): string =>
      `{"body": "W10=", "headers": {}, "properties": {"delivery_info": {"exchange": "ex", "routing_key": "a.b"}, "priority": 9, "body_encoding": "base64", "delivery_tag": "${tag}"}}`;
    await bench.client.sadd(
      "_kombu.binding.ex",
      "a.*\x06\x16^a\\..*?[^\\.]$\x06\x16q1",
      "#\x06\x16^.*?$\x06\x16q2",
    );
    await bench.client.hset(
      "unacked",
      "t1",
      `[${envelope("t1")}, "ex", "a.b"]`,
      "t2",
      `[${envelope("t2")}, "gone", "k"]`,
      "t3",
      "rubbish",
    );
    await bench.client.zadd("unacked_index", 1000, "t1", 1000, "t2", 1000, "t3", 1000, "without-value");
    const channel = await bench.channel({ visibility_timeout: 1 });
    await using _consumer = new Consumer(channel, ["elsewhere"], { prefetch: 1 });
    await waitUntil(async () => (await bench.client.exists("unacked_index")) === 0);

    for (const queue of ["q1", "q2"]) {
      const [entry = ""] = await bench.client.lrange(`${queue}\x06\x169`, 0, -1);
      expect(JSON.parse(entry)).toMatchObject({
        headers: { redelivered: true },
        properties: { delivery_tag: "t1" },
      });
    }
    expect(await bench.client.llen("_q.parked.k")).toBe(1);
    expect(await bench.client.lrange("_q.parked.unacked", 0, -1)).toEqual(["rubbish"]);
    expect(await bench.client.ttl("_q.parked.k")).toBeGreaterThan(0);
  });

  it("requeues with kombu's marks and leaves the rest of the text as it was", async () => {
    await using bench = await open();
    const entry =
      '{"extra": {"a": [], "n": 12345678901234567890, "f": 1.0}, "body": "W10=", "headers": {"deep": {"headers": {}, "s": "\\"headers\\": {"}, "list": []}, ' +
      '"properties": {"delivery_info": {"exchange": "", "routing_key": "q"}, "priority": 4, "body_encoding": "base64", "delivery_tag": "t"}}';
    await bench.client.lpush("q\x06\x163", entry);
    const channel = await bench.channel();
    await using consumer = await claimOne(channel, "q");
    expect(consumer.deliveries[0]?.redelivered).toBe(false);
    channel.setPrefetch(1);
    const [delivery] = consumer.deliveries;
    if (delivery) channel.settle(delivery, "requeue");
    await consumer.waitFor(2);
    expect(consumer.deliveries[1]).toMatchObject({ redelivered: true, tag: "t" });

    const marked = entry
      .replace('"list": []}', '"list": [], "redelivered": true}')
      .replace('"routing_key": "q"}', '"routing_key": "q", "redelivered": true}');
    expect(await bench.client.hget("unacked", "t")).toBe(`[${marked}, "", "q"]`);
    // A second time adds nothing.
    const [, again] = consumer.deliveries;
    if (again) channel.settle(again, "requeue");
    await consumer.waitFor(3);
    expect(await bench.client.hget("unacked", "t")).toBe(`[${marked}, "", "q"]`);
  });

  it("keeps two messages apart that carry the same delivery tag", async () => {
    await using bench = await open();
    const entry = (body: string): string =>
      `{"body": "${body}", "headers": {}, "properties": {"delivery_info": {"exchange": "ex", "routing_key": "k"}, "delivery_tag": "same"}}`;
    await bench.client.lpush("q1", entry("one"));
    await bench.client.lpush("q2", entry("two"));
    const channel = await bench.channel();
    await using first = await claimOne(channel, "q1");
    await using second = new Consumer(await bench.channel(), ["q2"], { prefetch: 1 });
    await second.waitFor(1);

    expect([...first.bodies, ...second.bodies]).toEqual(["one", "two"]);
    const held = await bench.client.hgetall("unacked");
    expect(Object.keys(held)).toHaveLength(2);
    for (const [tag, value] of Object.entries(held))
      expect(JSON.parse(value)[0].properties.delivery_tag).toBe(tag);
  });

  it("delivers entries that are no messages as malformed, keeps a copy aside, and goes on", async () => {
    await using bench = await open();
    const noTag = '{"body": "W10=", "headers": {}, "properties": {}}';
    await bench.client.lpush("q", "not json", noTag, '{"cut": "of', Buffer.from([0xff, 0xfe]));
    const channel = await bench.channel();
    await channel.publish(text("good"), toQueue("q"));
    await using consumer = new Consumer(channel, ["q"], { prefetch: 2, ack: true });
    await consumer.waitFor(5);

    expect(consumer.deliveries.map(({ malformed }) => malformed?.code)).toEqual([
      ...Array.from({ length: 4 }, () => "ERR_Q_MALFORMED_MESSAGE"),
      undefined,
    ]);
    expect(consumer.bodies.slice(0, 2)).toEqual(["not json", noTag]);
    expect(await bench.client.llen("_q.parked.q")).toBe(4);
    expect(bench.codes.filter((code) => code === "ERR_Q_MALFORMED_MESSAGE")).toHaveLength(4);
    await channel.flush();
    expect(await bench.client.exists("q", "unacked", "unacked_index")).toBe(0);
  });

  it("survives every envelope that kills Python workers", async () => {
    await using bench = await open();
    const file = readFileSync(new URL("../vectors/tolerance_redis.json", import.meta.url), "utf8");
    const { cases } = JSON.parse(file) as { cases: readonly { name: string; entry: string }[] };
    for (const { entry } of cases) await bench.client.lpush("celery", entry);
    await using consumer = new Consumer(await bench.channel(), ["celery"], { prefetch: 10, ack: true });
    await consumer.waitFor(cases.length);
    const malformed = cases.filter((_case, at) => consumer.deliveries[at]?.malformed !== undefined);
    expect(malformed.map(({ name }) => name)).toEqual(["no_delivery_tag", "no_properties", "not_json"]);
    await waitUntil(async () => (await bench.client.exists("celery", "unacked", "unacked_index")) === 0);
  });

  it("takes turns between queues, and the more urgent first", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    for (const [queue, body, priority] of [
      ["a", "a1", 0],
      ["a", "a2", 0],
      ["a", "a3", 0],
      ["b", "b1", 0],
      ["b", "b2", 0],
      ["a", "late", 9],
      ["b", "mid", 3],
    ] as const) {
      await channel.publish(text(body, { priority }), toQueue(queue));
    }
    await using consumer = new Consumer(channel, ["a", "b"], { prefetch: 1, ack: true });
    await consumer.waitFor(7);
    expect(consumer.bodies).toEqual(["a1", "b1", "a2", "b2", "a3", "mid", "late"]);
  });

  it("empties the first queue first with the strategy priority", async () => {
    await using bench = await open();
    const channel = await bench.channel({ queue_order_strategy: "priority" });
    for (const body of ["a1", "b1", "a2", "b2"]) await channel.publish(text(body), toQueue(body.charAt(0)));
    await using consumer = new Consumer(channel, ["a", "b"], { prefetch: 1, ack: true });
    await consumer.waitFor(4);
    expect(consumer.bodies).toEqual(["a1", "a2", "b1", "b2"]);
  });

  it("uses the names it is told for everything", async () => {
    await using bench = await open();
    const channel = await bench.channel({
      global_keyprefix: "g:",
      sep: ":",
      priority_steps: [0, 5],
      unacked_key: "U",
      unacked_index_key: "UI",
    });
    const exchange = new Exchange("ex", { type: "topic" });
    await channel.declare(exchange);
    await channel.declare(new Queue("q"));
    await channel.declare(new Binding("q", exchange, { routingKey: "a.#" }));
    await channel.publish(text("x", { priority: 7 }), { exchange: "ex", routingKey: "a.b" });
    await channel.publish(text("y"), toQueue("q"));
    expect((await bench.client.keys("*")).toSorted()).toEqual(["g:_kombu.binding.ex", "g:q", "g:q:5"]);
    expect(await channel.queueInfo("q")).toMatchObject({ messages: 2 });
    await using consumer = new Consumer(channel, ["q"], { prefetch: 2 });
    await consumer.waitFor(2);
    expect(consumer.bodies).toEqual(["y", "x"]);
    expect((await bench.client.keys("*")).toSorted()).toEqual(["g:U", "g:UI", "g:_kombu.binding.ex"]);
  });

  it("leaves no books where acknowledgements are off", async () => {
    await using bench = await open();
    const channel = await bench.channel({ ack_emulation: false });
    await channel.publish(text("x"), toQueue("q"));
    await using consumer = new Consumer(channel, ["q"], { prefetch: 1 });
    await consumer.waitFor(1);
    expect(await bench.client.keys("*")).toEqual([]);
  });

  it("refuses exchange types that it does not know, to which messages would be lost", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    const declared = channel.declare(new Exchange("by-headers", { type: "headers" }));
    await expect(declared).rejects.toMatchObject({ code: "ERR_Q_IMPROPERLY_CONFIGURED" });
  });

  it("sends what no binding wants to the dead letter queue, if there is one", async () => {
    await using bench = await open();
    const channel = await bench.channel({ deadletter_queue: "dead" });
    await channel.publish(text("x"), { exchange: "nowhere", routingKey: "k" });
    expect(await bench.client.llen("dead")).toBe(1);
    const without = await bench.channel();
    await without.publish(text("y"), { exchange: "nowhere", routingKey: "k" });
    expect(await bench.client.keys("*")).toEqual(["dead"]);
  });

  it("broadcasts on kombu's channel and hears Python's patterns", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    const exchange = new Exchange("celeryev", { type: "fanout" });
    await channel.declare(new Queue("mine", { autoDelete: true }));
    await channel.declare(new Binding("mine", exchange, { routingKey: "worker.#" }));
    expect(await bench.client.pubsub("NUMPAT")).toBe(1);
    await channel.publish(text("hello"), { exchange: "celeryev", routingKey: "worker.online" });
    await channel.publish(text("task"), { exchange: "celeryev", routingKey: "task.sent" });
    await bench.client.publish(
      "/0.celeryev/worker.x",
      '{"body": "aGk=", "properties": {"body_encoding": "base64"}}',
    );
    await using consumer = new Consumer(channel, ["mine"], { noAck: true });
    await consumer.waitFor(2);
    expect(consumer.bodies).toEqual(["hello", "hi"]);
    // kombu's entry, which nobody reads, would stay when this process is killed.
    expect(await bench.client.smembers("_kombu.binding.celeryev")).toEqual([]);
    await channel[Symbol.asyncDispose]();
    expect(await bench.client.keys("*")).toEqual([]);
  });
});
