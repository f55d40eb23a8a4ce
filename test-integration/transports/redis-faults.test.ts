import type { Channel, PublishError, TransportConnection } from "@q/messaging";
import { createRedisTransport } from "@q/messaging/redis";
import { expect, it } from "vitest";
import { startProxy } from "../harness/fault-proxy.ts";
import { startRedis } from "../harness/redis-server.ts";
import { requires } from "../harness/requires.ts";
import { tempFolder } from "../harness/temp-folder.ts";
import { suiteResource } from "../harness/suite-resource.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { Consumer, RedisBench, text, toQueue } from "./redis-bench.ts";
import { redisConnectOptions } from "./redis-connect.ts";

requires("redis")("Redis transport, when things go wrong", () => {
  const server = suiteResource(() => startRedis());
  const open = (): Promise<RedisBench> => RedisBench.open(server());

  it("goes on after FLUSHALL", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    await channel.publish(text("before"), toQueue("q"));
    await consumer.waitFor(1);
    await bench.client.flushall();
    await bench.client.script("FLUSH");
    await (await bench.channel()).publish(text("after"), toQueue("q"));
    await consumer.waitFor(2);
    expect(consumer.bodies).toEqual(["before", "after"]);
  });

  it("wakes an idle consumer at once, and does not poll", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    const commands = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(await bench.client.info("stats"))?.[1]);
    // After the first message it waits for the second.
    await bench.client.lpush("q", '{"body": "", "properties": {"delivery_tag": "1"}}');
    await consumer.waitFor(1);
    await waitUntil(
      async () => Number(/tracking_total_keys:(\d+)/.exec(await bench.client.info("stats"))?.[1]) > 0,
    );
    const before = await commands();
    // The server itself keeps this command waiting: the time is the consumer's, the cost one command.
    await bench.client.blpop("nobody-pushes-here", 1.5);
    expect((await commands()) - before).toBeLessThan(8);
    const sentAt = performance.now();
    await bench.client.lpush("q\x06\x169", '{"body": "", "properties": {"delivery_tag": "2"}}');
    await consumer.waitFor(2);
    // Far below the safety poll of an idle consumer, far above what a busy machine takes.
    expect(performance.now() - sentAt).toBeLessThan(1000);
  });

  it("polls where the server does not report changes", async () => {
    await using bench = await open();
    await bench.client.call(
      "ACL",
      "SETUSER",
      "limited",
      "on",
      ">pw",
      "~*",
      "&*",
      "+@all",
      "-client|tracking",
      "-info",
    );
    const url = server().url.replace("redis://", "redis://limited:pw@");
    const channel = await (await bench.connect({}, url)).openChannel();
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    for (let n = 1; n <= 3; n++) {
      await bench.client.lpush("q", `{"body": "", "properties": {"delivery_tag": "${n}"}}`);
      await consumer.waitFor(n);
    }
    expect(bench.lines.some(({ message }) => message.includes("polling"))).toBe(true);
  });

  it("tells consumers and the connection when it is cut", async () => {
    await using bench = await open();
    await using proxy = await startProxy({ target: server().url });
    const connection = await bench.connect({}, proxy.url);
    const channel = await connection.openChannel();
    const consumer = new Consumer(channel, ["q"]);
    await channel.publish(text("x"), toQueue("q"));
    await consumer.waitFor(1);
    proxy.cut();
    expect((await connection.lost).code).toBe("ERR_Q_CONNECTION");
    expect(await consumer.ended).toMatchObject({ code: "ERR_Q_CONNECTION" });
    const error = await channel.publish(text("late"), toQueue("q")).catch((thrown: PublishError) => thrown);
    expect(error).toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no" });
  });

  it("notices a connection on which nothing arrives any more, idle or publishing", async () => {
    await using bench = await open();
    await using proxy = await startProxy({ target: server().url });
    const connection = await bench.connect({ socket_timeout: 1 }, proxy.url);
    const idle = await bench.connect({ socket_timeout: 1 }, proxy.url);
    const consumer = new Consumer(await idle.openChannel(), ["q"]);
    const channel = await connection.openChannel();
    await channel.publish(text("x"), toQueue("q"));
    await consumer.waitFor(1);
    proxy.blackhole();
    const startedAt = performance.now();
    const error = await channel.publish(text("y"), toQueue("q")).catch((thrown: PublishError) => thrown);
    expect(error).toMatchObject({ code: "ERR_Q_PUBLISH", sent: "unknown" });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await Promise.all([connection.lost, idle.lost]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await consumer.ended).toMatchObject({ code: "ERR_Q_CONNECTION" });
  });

  it("does not take its own blocked event loop for a dead connection", async () => {
    await using bench = await open();
    const connection = await bench.connect({ socket_timeout: 0.5 });
    const channel = await connection.openChannel();
    const published = channel.publish(text("x"), toQueue("q"));
    await new Promise((resolve) => setImmediate(resolve));
    const end = performance.now() + 2000;
    while (performance.now() < end);
    await published;
    await channel.publish(text("y"), toQueue("q"));
  });

  it("says who refuses, and why", async () => {
    await using bench = await open();
    await using locked = await startRedis({ password: "secret" });
    const connect = (url: string): Promise<TransportConnection> =>
      createRedisTransport().connect(redisConnectOptions(url));
    await expect(connect(`redis://127.0.0.1:${locked.port}`)).rejects.toMatchObject({
      code: "ERR_Q_ACCESS_REFUSED",
    });
    await expect(connect(`redis://:wrong@127.0.0.1:${locked.port}`)).rejects.toMatchObject({
      code: "ERR_Q_ACCESS_REFUSED",
    });
    await expect(connect("redis://127.0.0.1:1")).rejects.toMatchObject({ code: "ERR_Q_CONNECTION" });
    await expect(bench.connect({}, `${server().url.slice(0, -1)}999`)).rejects.toMatchObject({
      code: "ERR_Q_CONNECTION",
    });
    await (await connect(locked.url))[Symbol.asyncDispose]();
  });

  it("gives up on a server that accepts and says nothing", async () => {
    await using frozen = await startRedis();
    frozen.freeze();
    const options = redisConnectOptions(frozen.url, { socket_connect_timeout: 0.5 });
    const startedAt = performance.now();
    await expect(createRedisTransport().connect(options)).rejects.toMatchObject({ code: "ERR_Q_CONNECTION" });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    frozen.thaw();
  });

  it("says that a message was not sent when the server's memory is full", async () => {
    await using full = await startRedis({ config: { maxmemory: "2mb", "maxmemory-policy": "noeviction" } });
    const connection = await createRedisTransport().connect(redisConnectOptions(full.url));
    const channel = await connection.openChannel();
    const big = { ...text(""), body: Buffer.alloc(1_500_000) };
    let error: unknown;
    for (let n = 0; n < 5 && error === undefined; n++)
      error = await channel.publish(big, toQueue("q")).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no" });
    await connection[Symbol.asyncDispose]();
  });

  it("gives a connection up when its server became a replica", async () => {
    await using bench = await open();
    await using failing = await startRedis();
    const connection = await bench.connect({}, failing.url);
    const consumer = new Consumer(await connection.openChannel(), ["q"]);
    await failing.client().call("REPLICAOF", "127.0.0.1", "1");
    const error = await (
      await connection.openChannel()
    )
      .publish(text("x"), toQueue("q"))
      .catch((thrown: PublishError) => thrown);
    expect(error).toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no" });
    expect((await connection.lost).code).toBe("ERR_Q_CONNECTION");
    expect(await consumer.ended).toMatchObject({ code: "ERR_Q_CONNECTION" });
  });

  it("fetches huge messages a few at a time", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    const huge = { ...text(""), body: Buffer.alloc(1_000_000, "x") };
    for (let n = 0; n < 20; n++) await channel.publish(huge, toQueue("q"));
    const sizes: number[] = [];
    const stop = new AbortController();
    for await (const batch of channel.consume(["q"], { prefetch: 200, signal: stop.signal })) {
      sizes.push(batch.length);
      if (sizes.reduce((sum, size) => sum + size) === 20) stop.abort();
    }
    expect(Math.max(...sizes)).toBeLessThan(20);
  });

  it("waits for the signal when there is no queue to consume", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    const consumer = new Consumer(channel, []);
    await channel.publish(text("x"), toQueue("q"));
    await consumer[Symbol.asyncDispose]();
    expect(await consumer.ended).toBeUndefined();
    expect(consumer.deliveries).toEqual([]);
  });

  it("connects through a Unix socket", async () => {
    await using folder = await tempFolder("redis-socket");
    await using local = await startRedis({ config: { unixsocket: `${folder.path}/r.sock` } });
    const options = redisConnectOptions(local.url);
    const url = {
      ...options.url,
      scheme: "redis+socket",
      virtualHost: `${folder.path}/r.sock`,
      query: { virtual_host: "3" },
    };
    await using connection = await createRedisTransport().connect({ ...options, url });
    await (await connection.openChannel()).publish(text("x"), toQueue("q"));
    const client = local.client();
    await client.select(3);
    expect(await client.llen("q")).toBe(1);
  });

  it("warns of a server that may evict queues", async () => {
    await using evicting = await startRedis({
      config: { maxmemory: "100mb", "maxmemory-policy": "allkeys-lru" },
    });
    await using bench = await open();
    await bench.connect({}, evicting.url);
    expect(bench.codes).toContain("ERR_Q_REDIS_EVICTION");
  });

  it("loses nothing over random cuts of publishers and consumers", async () => {
    await using bench = await open();
    await using proxy = await startProxy({ target: server().url, seed: 7 });
    const total = 10_000;
    const options = { visibility_timeout: 1, socket_timeout: 2 };
    const stop = new AbortController();
    const published = new Set<string>();
    const seen = new Map<string, number>();

    const publish = async (channel: Channel): Promise<void> => {
      while (published.size < total) {
        const bodies = Array.from({ length: 100 }, (_, n) => String(published.size + n));
        await Promise.all(bodies.map((body) => channel.publish(text(body), toQueue("q"))));
        for (const body of bodies) published.add(body);
      }
    };
    const consume = async (channel: Channel): Promise<void> => {
      for await (const batch of channel.consume(["q"], { prefetch: 50, signal: stop.signal })) {
        for (const { message } of batch)
          seen.set(String(message.body), (seen.get(String(message.body)) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        for (const delivery of batch) channel.settle(delivery, "ack");
      }
    };
    /** Works until it is done, with a new connection after every cut. */
    const transport = createRedisTransport();
    const persist = async (work: (channel: Channel) => Promise<void>): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          await using connection = await transport.connect(redisConnectOptions(proxy.url, options));
          return await work(await connection.openChannel());
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };

    const work = Promise.all([publish, consume, consume].map(persist));
    // Each cut waits for progress: on a busy machine nothing might be done between two of them otherwise.
    let known = 0;
    const storm = setInterval(() => {
      if (published.size + seen.size === known) return;
      known = published.size + seen.size;
      proxy.cut({ mode: proxy.random.next() < 0.5 ? "rst" : "fin" });
    }, 150);
    await waitUntil(() => seen.size === total, { timeoutMs: 90_000, what: "all messages to be seen" });
    clearInterval(storm);
    const isEmpty = async (): Promise<boolean> =>
      (await bench.client.exists("q", "unacked", "unacked_index")) === 0;
    await waitUntil(isEmpty, { timeoutMs: 30_000, what: "the queue to be empty" });
    stop.abort();
    await work;
    expect(proxy.counters.cuts).toBeGreaterThan(20);
  }, 150_000);
});
