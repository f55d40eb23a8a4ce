import { createRedisTransport } from "@q/messaging/redis";
import { expect, it } from "vitest";
import { startRedis } from "../harness/redis-server.ts";
import { requires } from "../harness/requires.ts";
import { suiteResource } from "../harness/suite-resource.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { Consumer, RedisBench, text, toQueue } from "./redis-bench.ts";
import { redisConnectOptions } from "./redis-connect.ts";

requires("redis")("claims that stand at a Redis server", () => {
  const server = suiteResource(() => startRedis());
  const open = (): Promise<RedisBench> => RedisBench.open(server());

  /** Resolves when so many consumers have left a claim at the server. */
  const standing = async (bench: RedisBench, count = 1): Promise<void> => {
    const blocked = async (): Promise<number> =>
      Number(/blocked_clients:(\d+)/.exec(await bench.client.info("clients"))?.[1]);
    await waitUntil(async () => (await blocked()) === count, { what: `${count} standing claims` });
  };
  const calls = async (bench: RedisBench, command: string): Promise<number> =>
    Number(
      new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await bench.client.info("commandstats"))?.[1] ?? 0,
    );

  it("bring a message without another question", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"]);
    await standing(bench);
    const before = await calls(bench, "evalsha");
    await channel.publish(text("x"), toQueue("q"));
    await standing(bench);
    expect(consumer.bodies).toEqual(["x"]);
    // The one that brought it; the next one has not been carried out.
    expect((await calls(bench, "evalsha")) - before).toBe(1);
    expect(await bench.client.zcard("unacked_index")).toBe(1);
  });

  it.each([
    ["of another queue", toQueue("second"), {}],
    ["of another priority", toQueue("q"), { priority: 9 }],
  ])("bring a message %s", async (_what, address, properties) => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q", "second"], { ack: true });
    for (const body of ["one", "two", "three"]) {
      await standing(bench);
      const sentAt = performance.now();
      await channel.publish(text(body, properties), address);
      await waitUntil(() => consumer.bodies.at(-1) === body);
      // Not because the claim was carried out after two seconds anyway.
      expect(performance.now() - sentAt).toBeLessThan(1500);
    }
  });

  it("are carried out by one of several idle consumers", async () => {
    await using bench = await open();
    const channels = await Promise.all([bench.channel(), bench.channel(), bench.channel()]);
    await using one = new Consumer(channels[0]!, ["q"], { ack: true });
    await using two = new Consumer(channels[1]!, ["q"], { ack: true });
    await using three = new Consumer(channels[2]!, ["q"], { ack: true });
    const count = (): number => one.bodies.length + two.bodies.length + three.bodies.length;
    for (let n = 1; n <= 30; n++) {
      await standing(bench, 3);
      await channels[0]!.publish(text(String(n)), toQueue("q"));
      await waitUntil(() => count() >= n);
    }
    await standing(bench, 3);
    const all = [...one.bodies, ...two.bodies, ...three.bodies];
    expect(all.toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => String(n + 1)).toSorted());
    expect(Math.max(one.bodies.length, two.bodies.length, three.bodies.length)).toBeLessThan(30);
  });

  it("take their turn beside those who pop, as Python's workers do", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    const popper = bench.client.duplicate();
    try {
      for (let n = 1; n <= 5; n++) {
        await standing(bench);
        const popped = popper.brpop("q", 10);
        await standing(bench, 2);
        await channel.publish(text(`ours ${n}`), toQueue("q"));
        await waitUntil(() => consumer.bodies.at(-1) === `ours ${n}`);
        await channel.publish(text(`theirs ${n}`), toQueue("q"));
        const [, entry = ""] = (await popped) ?? [];
        const { body } = JSON.parse(entry) as { body: string };
        expect(Buffer.from(body, "base64").toString()).toBe(`theirs ${n}`);
      }
      expect(consumer.bodies).toHaveLength(5);
    } finally {
      popper.disconnect();
    }
  });

  it("lose nothing when they are cut off after the message that woke them: the next claim brings it, in order", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    for (const body of ["1", "2", "3"]) await channel.publish(text(body), toQueue("q"));
    for (let n = 0; n < 2; n++) await bench.client.lmove("q", "_q.held.q", "RIGHT", "LEFT");
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    await consumer.waitFor(3);
    expect(consumer.bodies).toEqual(["1", "2", "3"]);
    expect(await bench.client.exists("_q.held.q")).toBe(0);
  });

  it("do not bring more than a lowered prefetch", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"], { prefetch: 4 });
    await standing(bench);
    channel.setPrefetch(1);
    // It ends, and the one that is allowed now takes its place.
    await waitUntil(async () => (await calls(bench, "client\\|unblock")) >= 2);
    await standing(bench);
    await Promise.all(["a", "b", "c"].map((body) => channel.publish(text(body), toQueue("q"))));
    await consumer.waitFor(1);
    channel.setPrefetch(0);
    await standing(bench, 0);
    expect(consumer.bodies).toEqual(["a"]);
    expect(await bench.client.llen("q")).toBe(2);
  });

  it("do not keep back an acknowledgement whose script the server has forgotten", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"], { prefetch: 20 });
    await Promise.all(["a", "b", "c"].map((body) => channel.publish(text(body), toQueue("q"))));
    const deliveries = await consumer.waitFor(3);
    await standing(bench);
    channel.setPrefetch(2);
    await standing(bench, 0);
    await bench.client.script("FLUSH");
    const settledAt = performance.now();
    // In one write with the claim for which there is room now.
    for (const delivery of deliveries) channel.settle(delivery, "ack");
    await channel.flush();
    // Not when the claim was carried out, after two seconds.
    expect(performance.now() - settledAt).toBeLessThan(1500);
    expect(await bench.client.zcard("unacked_index")).toBe(0);
  });

  it("end with their consumer, and what they bring at that moment goes back", async () => {
    await using bench = await open();
    const connection = await bench.connect();
    for (let n = 0; n < 20; n++) {
      const channel = await connection.openChannel();
      const consumer = new Consumer(channel, ["q"]);
      await standing(bench);
      const published = channel.publish(text(String(n)), toQueue("q"));
      const [startedAt] = [performance.now(), await consumer[Symbol.asyncDispose]()];
      expect(performance.now() - startedAt).toBeLessThan(1500);
      await published;
      await channel[Symbol.asyncDispose]();
      expect(await bench.client.llen("q")).toBe(1);
      expect(await bench.client.exists("unacked")).toBe(0);
      await bench.client.del("q");
    }
  });

  it("let settlements through", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await using consumer = new Consumer(channel, ["q"]);
    await channel.publish(text("x"), toQueue("q"));
    const [delivery] = await consumer.waitFor(1);
    await standing(bench);
    channel.settle(delivery!, "ack");
    await channel.flush();
    expect(await bench.client.exists("unacked")).toBe(0);
  });

  it("are not carried out when their consumer has died", async () => {
    await using bench = await open();
    const connection = await bench.connect();
    const consumer = new Consumer(await connection.openChannel(), ["q"]);
    await standing(bench);
    await bench.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    expect(await consumer.ended).toMatchObject({ code: "ERR_Q_CONNECTION" });
    await bench.client.lpush("q", "x");
    expect(await bench.client.llen("q")).toBe(1);
  });

  it.each([
    ["client|unblock", ["-client|unblock"]],
    ["blmove", ["-blmove"]],
    ["other keys than kombu's", ["resetkeys", "~q*", "~unacked*", "~_kombu*"]],
  ])("are left out without the right to %s", async (_what, rules) => {
    await using bench = await open();
    const user = ["reset", "on", ">pw", "~*", "&*", "+@all", ...rules];
    await bench.client.call("ACL", "SETUSER", "limited", ...user);
    const url = server().url.replace("redis://", "redis://limited:pw@");
    const transport = createRedisTransport();
    await using connection = await transport.connect(redisConnectOptions(url));
    const channel = await connection.openChannel();
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    for (let n = 1; n <= 3; n++) {
      await channel.publish(text(String(n)), toQueue("q"));
      await consumer.waitFor(n);
    }
    expect(consumer.bodies).toEqual(["1", "2", "3"]);
    await standing(bench, 0);
  });
});
