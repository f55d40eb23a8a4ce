import { createAmqpTransport } from "@q/messaging/amqp";
import { type Channel, type Delivery, Queue } from "@q/messaging";
import { expect, it } from "vitest";
import { rabbitVhost, requires, suiteResource, uniqueName, waitUntil } from "../harness/index.ts";
import { connectTo, receive, textMessage } from "./amqp-harness.ts";

const quorum = { arguments: { "x-queue-type": "quorum" } };

requires("rabbitmq")("quorum queues of RabbitMQ", () => {
  const broker = suiteResource(rabbitVhost);

  async function publish(channel: Channel, queue: string, count: number): Promise<void> {
    const to = { exchange: "", routingKey: queue };
    await Promise.all(
      Array.from({ length: count }, (_, index) => channel.publish(textMessage(String(index)), to)),
    );
  }

  /** Gives the broker many turns to deliver what it wants to: a queue answers in the order of its mailbox. */
  async function settled(channel: Channel, queue: string): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await channel.queueInfo(queue);
  }

  it("counts deliveries", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("quorum");
    await channel.declare(new Queue(name, quorum));
    await publish(channel, name, 1);
    const counts: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const [delivery] = await receive(channel, name, 1);
      if (delivery === undefined) break;
      counts.push(delivery.deliveryCount ?? 0);
      channel.settle(delivery, "requeue");
      await channel.flush();
    }
    expect(counts).toEqual([0, 1, 2]);
  });

  it("keeps to the prefetch as it changes", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("quorum");
    await channel.declare(new Queue(name, quorum));
    await publish(channel, name, 50);
    const stop = new AbortController();
    const held: Delivery[] = [];
    const consuming = (async () => {
      for await (const batch of channel.consume([name], { prefetch: 4, signal: stop.signal }))
        held.push(...batch);
    })();
    await waitUntil(() => held.length >= 4);
    channel.setPrefetch(10);
    await waitUntil(() => held.length >= 10);
    channel.setPrefetch(2);
    await settled(channel, name);
    expect(held.length).toBeLessThanOrEqual(12);
    for (const delivery of held.splice(0)) channel.settle(delivery, "ack");
    await channel.flush();
    await waitUntil(() => held.length >= 2);
    await settled(channel, name);
    expect(held).toHaveLength(2);
    stop.abort();
    await consuming;
  });

  it("is consumed on a channel that had a classic queue before", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    for (const options of [{}, quorum, {}]) {
      const name = uniqueName("queue");
      await channel.declare(new Queue(name, options));
      await publish(channel, name, 3);
      expect(await receive(channel, name, { count: 3, prefetch: 50 })).toHaveLength(3);
    }
  });

  it("learns that a queue of somebody else is one, and works on the next connection", async () => {
    await using owner = await connectTo(broker().url);
    const theirs = await owner.openChannel();
    const name = uniqueName("quorum");
    await theirs.declare(new Queue(name, quorum));
    await publish(theirs, name, 1);
    const transport = createAmqpTransport();
    await using first = await connectTo(broker().url, { transport });
    const channel = await first.openChannel();
    await channel.declare(new Queue(name));
    await expect(receive(channel, name, { count: 1, prefetch: 5 })).rejects.toMatchObject({
      cause: { code: 540 },
    });
    expect((await first.lost).message).toContain("does not support global qos");
    await using second = await connectTo(broker().url, { transport });
    expect(await receive(await second.openChannel(), name, { count: 1, prefetch: 5 })).toHaveLength(1);
  });
});
