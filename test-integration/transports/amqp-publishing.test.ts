import { setImmediate } from "node:timers/promises";
import { Queue } from "@q/messaging";
import { expect, it } from "vitest";
import { rabbitVhost, requires, startProxy, suiteResource, uniqueName } from "../harness/index.ts";
import { connectTo, receive, textMessage } from "./amqp-harness.ts";

const notSent = { code: "ERR_Q_PUBLISH", sent: "no" };
const perhapsSent = { code: "ERR_Q_PUBLISH", sent: "unknown" };

requires("rabbitmq")("publishing to RabbitMQ", () => {
  const broker = suiteResource(rabbitVhost);

  it("reports a message that a full queue rejects", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("full");
    await channel.declare(new Queue(name, { maxLength: 1, arguments: { "x-overflow": "reject-publish" } }));
    const to = { exchange: "", routingKey: name };
    await channel.publish(textMessage("1"), to);
    const outcomes = await Promise.allSettled(
      ["2", "3"].map((text) => channel.publish(textMessage(text), to)),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: notSent });
    await channel.purge(name);
    await channel.publish(textMessage("4"), to);
    expect((await channel.queueInfo(name)).messages).toBe(1);
  });

  it("reports a mandatory message that no queue takes, and drops another one silently", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    const publishing = [uniqueName("none"), name, uniqueName("none")].map((routingKey) =>
      channel.publish(textMessage("x", { mandatory: true }), { exchange: "", routingKey }),
    );
    const outcomes = await Promise.allSettled(publishing);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
    expect(outcomes[0]).toMatchObject({ reason: notSent });
    await channel.publish(textMessage("x"), { exchange: "", routingKey: uniqueName("none") });
  });

  it("survives an exchange that does not exist, and so does its consumer", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    const consuming = receive(channel, name, 1);
    const nowhere = { exchange: uniqueName("nowhere"), routingKey: "x" };
    await expect(channel.publish(textMessage("x"), nowhere)).rejects.toMatchObject(notSent);
    await channel.publish(textMessage("y"), { exchange: "", routingKey: name });
    expect((await consuming)[0]?.message.body.toString()).toBe("y");
  });

  it.each([
    ["headers beyond the driver's limit", { headers: { big: "x".repeat(70_000) } }],
    ["a number that is none", { headers: { n: Number.NaN } }],
    ["a correlation id beyond 255 bytes", { properties: { correlationId: "x".repeat(300) } }],
  ])("refuses %s and goes on", async (_, change) => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    const to = { exchange: "", routingKey: name };
    const outcomes = await Promise.allSettled([
      channel.publish(textMessage("1"), to),
      channel.publish({ ...textMessage("2"), ...change }, to),
      channel.publish(textMessage("3"), to),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: notSent });
  });

  it("carries large bodies and more messages than the window and the driver's buffer hold", async () => {
    await using connection = await connectTo(broker().url, { transportOptions: { maxUnconfirmed: 50 } });
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name, { durable: false }));
    const to = { exchange: "", routingKey: name };
    const large = Buffer.alloc(3_000_000, "x");
    await Promise.all([
      channel.publish({ ...textMessage(""), body: large }, to),
      ...Array.from({ length: 3000 }, (_, index) => channel.publish(textMessage(String(index)), to)),
    ]);
    const deliveries = await receive(channel, name, 3001);
    expect(deliveries[0]?.message.body.equals(large)).toBe(true);
    const texts = deliveries.slice(1).map(({ message }) => message.body.toString());
    expect(texts).toEqual(Array.from({ length: 3000 }, (_, index) => String(index)));
  });

  it("does not wait for confirms when confirm_publish is off", async () => {
    await using connection = await connectTo(broker().url, { transportOptions: { confirm_publish: false } });
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    await Promise.all(
      Array.from({ length: 100 }, () =>
        channel.publish(textMessage("x"), { exchange: "", routingKey: name }),
      ),
    );
    expect(await receive(channel, name, 100)).toHaveLength(100);
  });

  it("tells what may have been sent from what was not when the connection is cut", async () => {
    await using proxy = await startProxy({ target: broker().url });
    await using connection = await connectTo(proxy.url, { transportOptions: { maxUnconfirmed: 3 } });
    const channel = await connection.openChannel();
    const to = { exchange: "", routingKey: uniqueName("none") };
    await channel.publish(textMessage("opens the channel"), to);
    proxy.blackhole();
    const publishing = Promise.allSettled(
      ["1", "2", "3", "4", "5"].map((text) => channel.publish(textMessage(text), to)),
    );
    // What may be sent is written within a turn of the event loop or two; no answer can come.
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    proxy.cut();
    const reasons = (await publishing).map((outcome) =>
      outcome.status === "rejected" ? outcome.reason : undefined,
    );
    expect(reasons).toMatchObject([perhapsSent, perhapsSent, perhapsSent, notSent, notSent]);
    await expect(channel.publish(textMessage("6"), to)).rejects.toMatchObject(notSent);
    expect(await connection.lost).toMatchObject({ code: "ERR_Q_CONNECTION" });
  });
});
