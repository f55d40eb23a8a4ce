import {
  AccessRefusedError,
  Binding,
  ConnectionError,
  Exchange,
  Queue,
  QueueNotFoundError,
} from "@q/messaging";
import { expect, it } from "vitest";
import { rabbitVhost, requires, suiteResource, uniqueName, waitUntil } from "../harness/index.ts";
import { connectTo, receive, textMessage } from "./amqp-harness.ts";

requires("rabbitmq")("entities on RabbitMQ", () => {
  const broker = suiteResource(rabbitVhost);

  it("uses an existing queue as it is, whatever its arguments", async () => {
    await using other = await connectTo(broker().url);
    await using ours = await connectTo(broker().url);
    const name = uniqueName("queue");
    await (await other.openChannel()).declare(new Queue(name, { maxPriority: 5, durable: false }));
    const channel = await ours.openChannel();
    await channel.declare(new Queue(name, { messageTtl: 60 }));
    await channel.publish(textMessage("x"), { exchange: "", routingKey: name });
    expect((await channel.queueInfo(name)).messages).toBe(1);
  });

  it("uses an existing exchange as it is, whatever its type", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("exchange");
    await channel.declare(new Exchange(name, { type: "topic" }));
    await using other = await connectTo(broker().url);
    await (await other.openChannel()).declare(new Exchange(name, { type: "fanout" }));
    await channel.declare(new Queue(name));
    await channel.declare(new Binding(name, new Exchange(name), { routingKey: "a.*" }));
    await channel.publish(textMessage("x"), { exchange: name, routingKey: "a.b" });
    expect((await channel.queueInfo(name)).messages).toBe(1);
  });

  it("lets many declare the same new queue with different arguments at once", async () => {
    const connections = await Promise.all(Array.from({ length: 8 }, () => connectTo(broker().url)));
    for (let round = 0; round < 5; round++) {
      const name = uniqueName("race");
      const declaring = connections.map(async (connection, index) =>
        (await connection.openChannel()).declare(new Queue(name, { maxLength: 10 + index })),
      );
      await Promise.all(declaring);
    }
    for (const connection of connections) await connection[Symbol.asyncDispose]();
  });

  it("declares a queue again that it knew and that has been deleted under a consumer", async () => {
    await using connection = await connectTo(broker().url);
    await using other = await connectTo(broker().url);
    const [channel, theirs] = [await connection.openChannel(), await other.openChannel()];
    const queue = new Queue(uniqueName("queue"));
    await channel.declare(queue);
    const consuming = receive(channel, queue.name, 1).catch((error: unknown) => error);
    await waitUntil(async () => (await theirs.queueInfo(queue.name)).consumers === 1);
    await theirs.delete(queue);
    expect(await consuming).toMatchObject({
      code: "ERR_Q_CHANNEL",
      message: expect.stringContaining(queue.name),
    });
    await channel.declare(queue);
    await channel.publish(textMessage("x"), { exchange: "", routingKey: queue.name });
    expect(await receive(channel, queue.name, 1)).toHaveLength(1);
  });

  it("declares a queue again that it knew and that it did not find when consuming", async () => {
    await using connection = await connectTo(broker().url);
    await using other = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const queue = new Queue(uniqueName("queue"));
    await channel.declare(queue);
    await (await other.openChannel()).delete(queue);
    await expect(receive(channel, queue.name, 1)).rejects.toThrow(QueueNotFoundError);
    await channel.declare(queue);
    expect((await channel.queueInfo(queue.name)).messages).toBe(0);
  });

  it("says which queue does not exist, and stays usable", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    await expect(channel.queueInfo("nobody")).rejects.toThrow(QueueNotFoundError);
    await expect(receive(channel, "nobody", 1)).rejects.toThrow('queue "nobody" does not exist');
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    await channel.publish(textMessage("x"), { exchange: "", routingKey: name });
    expect(await receive(channel, name, 1)).toHaveLength(1);
  });

  it("routes by headers", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const exchange = new Exchange(uniqueName("headers"), { type: "headers" });
    const [all, any] = [uniqueName("all"), uniqueName("any")];
    await channel.declare(exchange);
    for (const [name, match] of [
      [all, "all"],
      [any, "any"],
    ] as const) {
      const bindingArguments = { "x-match": match, format: "pdf", size: 300 };
      const queue = new Queue(name, { exchange, bindingArguments });
      await channel.declare(queue);
      for (const binding of queue.bindings) await channel.declare(binding);
    }
    const to = { exchange: exchange.name, routingKey: "" };
    await channel.publish({ ...textMessage("both"), headers: { format: "pdf", size: 300 } }, to);
    await channel.publish({ ...textMessage("one"), headers: { format: "pdf", size: 1 } }, to);
    expect([(await channel.queueInfo(all)).messages, (await channel.queueInfo(any)).messages]).toEqual([
      1, 2,
    ]);
  });

  it("serves high priorities first", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("priority");
    await channel.declare(new Queue(name, { maxPriority: 10 }));
    for (const priority of [0, 9, 3, 9]) {
      await channel.publish(textMessage(String(priority), { priority }), { exchange: "", routingKey: name });
    }
    const bodies = (await receive(channel, name, 4)).map(({ message }) => message.body.toString());
    expect(bodies).toEqual(["9", "9", "3", "0"]);
  });

  it("reaches the virtual host of the URL, and says so when there is none", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    const url = new URL(broker().url);
    url.pathname = "//";
    await using root = await connectTo(url.href);
    await expect((await root.openChannel()).queueInfo(name)).rejects.toThrow(QueueNotFoundError);
    url.pathname = "/no-such-virtual-host";
    await expect(connectTo(url.href)).rejects.toThrow(AccessRefusedError);
  });

  it.each(["PLAIN", "AMQPLAIN"])(
    "logs in with %s, and never shows the password when it is refused",
    async (method) => {
      const transportOptions = { login_method: method };
      await using connection = await connectTo(broker().url, { transportOptions });
      await connection.openChannel();
      const url = new URL(broker().url);
      url.password = "wr0ng-s3cret";
      const failure = await connectTo(url.href, { transportOptions }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(AccessRefusedError);
      expect(String((failure as Error).stack)).not.toContain("wr0ng-s3cret");
    },
  );

  it("reports that nobody listens, with the driver's error as cause", async () => {
    const failure = await connectTo("amqp://guest:guest@127.0.0.1:1/").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect((failure as ConnectionError).cause).toMatchObject({ code: "ECONNREFUSED" });
  });
});
