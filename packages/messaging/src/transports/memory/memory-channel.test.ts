import { silentLogger } from "@q/kernel";
import { FakeClock } from "@q/kernel/testing";
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { Channel, ConnectOptions, Delivery, TransportConnection } from "../../contracts.ts";
import { Broadcast } from "../../entities/broadcast.ts";
import { Queue } from "../../entities/queue.ts";
import { Inbox } from "../../testing/inbox.ts";
import { declareAll, textMessage, toQueue } from "../../testing/workbench.ts";
import { createMemoryTransport } from "./memory-transport.ts";

const clock = new FakeClock(1000);

function connect(hostname: string | undefined): Promise<TransportConnection> {
  return createMemoryTransport().connect({
    url: { hostname },
    clock,
    logger: silentLogger,
  } as unknown as ConnectOptions);
}

async function channelWith(...queues: readonly Queue[]): Promise<Channel> {
  const channel = await (await connect(randomUUID())).openChannel();
  for (const queue of queues) await declareAll(channel, queue);
  return channel;
}

it("shares a broker between connections of one name, and keeps names apart", async () => {
  const name = randomUUID();
  await (await (await connect(name)).openChannel()).declare(new Queue("q"));
  expect((await (await (await connect(name)).openChannel()).queueInfo("q")).messages).toBe(0);
  const elsewhere = await (await connect(randomUUID())).openChannel();
  await expect(elsewhere.queueInfo("q")).rejects.toMatchObject({ code: "ERR_Q_QUEUE_NOT_FOUND" });
});

it("expires messages by the clock, each at its time", async () => {
  const channel = await channelWith(new Queue("q", { messageTtl: 60 }));
  const waiting = async () => (await channel.queueInfo("q")).messages;
  await channel.publish(textMessage("a"), toQueue("q"));
  await channel.publish(textMessage("b", { properties: { expiration: "20000" } }), toQueue("q"));
  await clock.advance(19_999);
  expect(await waiting()).toBe(2);
  await clock.advance(1);
  expect(await waiting()).toBe(1);
  await clock.advance(40_000);
  expect(await waiting()).toBe(0);
  expect(clock.pending).toBe(0);
});

it("sends what expires to the dead-letter queue without anybody looking", async () => {
  const dead = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "grave" };
  const channel = await channelWith(new Queue("grave"), new Queue("q", { messageTtl: 5, arguments: dead }));
  await using inbox = new Inbox(channel, ["grave"], { settle: "ack" });
  await channel.publish(textMessage("a"), toQueue("q"));
  await clock.advance(5000);
  await inbox.waitFor(1);
  expect(inbox.deliveries[0]?.message.headers["x-death"]).toMatchObject([{ reason: "expired", queue: "q" }]);
});

it("requeues a message before all younger ones, whatever the order of the settlements", async () => {
  const channel = await channelWith(new Queue("q"));
  for (const body of ["a", "b", "c", "d"]) await channel.publish(textMessage(body), toQueue("q"));
  await using first = new Inbox(channel, ["q"], { prefetch: 3 });
  await first.waitFor(3);
  await first.stop();
  const [a, b, c] = first.deliveries as [Delivery, Delivery, Delivery];
  for (const delivery of [b, c, a]) channel.settle(delivery, "requeue");
  await using second = new Inbox(channel, ["q"], { settle: "ack" });
  await second.waitFor(4);
  expect(second.bodies).toEqual(["a", "b", "c", "d"]);
});

it("serves the urgent messages of all queues before the others of any", async () => {
  const channel = await channelWith(new Queue("one"), new Queue("two"));
  const publish = (queue: string, priority: number) =>
    channel.publish(textMessage(`${queue}${priority}`, { properties: { priority } }), toQueue(queue));
  for (const priority of [9, 0]) for (const queue of ["one", "two"]) await publish(queue, priority);
  await using inbox = new Inbox(channel, ["one", "two"], { settle: "ack" });
  await inbox.waitFor(4);
  expect(inbox.bodies).toEqual(["one0", "two0", "one9", "two9"]);
});

it("removes an auto-delete queue with its last consumer", async () => {
  const channel = await channelWith(new Broadcast("news", { queue: "mine" }));
  await using inbox = new Inbox(channel, ["mine"]);
  await channel.publish(textMessage("x"), { exchange: "news", routingKey: "" });
  await inbox.waitFor(1);
  await inbox.stop();
  await expect(channel.queueInfo("mine")).rejects.toMatchObject({ code: "ERR_Q_QUEUE_NOT_FOUND" });
});

it("removes an exclusive queue with the connection that declared it", async () => {
  const name = randomUUID();
  const [owner, other] = [await connect(name), await connect(name)];
  await (await owner.openChannel()).declare(new Queue("mine", { exclusive: true }));
  await owner[Symbol.asyncDispose]();
  const channel = await other.openChannel();
  await expect(channel.queueInfo("mine")).rejects.toMatchObject({ code: "ERR_Q_QUEUE_NOT_FOUND" });
});

it("refuses headers that are not data", async () => {
  const channel = await channelWith(new Queue("q"));
  const publish = channel.publish(textMessage("x", { headers: { run: () => {} } }), toQueue("q"));
  await expect(publish).rejects.toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no" });
});

it("refuses a second iteration on a channel that is consuming", async () => {
  const channel = await channelWith(new Queue("q"));
  await using first = new Inbox(channel, ["q"]);
  await using second = new Inbox(channel, ["q"]);
  expect(await second.ended()).toMatchObject({ code: "ERR_Q_CHANNEL" });
  await first.stop();
});
