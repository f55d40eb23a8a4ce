import { type RecordingLogger, recordingLogger } from "@q/kernel/testing";
import { type Channel, ChannelError, ConnectionError, Queue } from "@q/messaging";
import { expect, it } from "vitest";
import {
  rabbitVhost,
  requires,
  startProxy,
  startRabbit,
  suiteResource,
  uniqueName,
  waitUntil,
} from "../harness/index.ts";
import { connectTo, receive, textMessage } from "./amqp-harness.ts";

requires("rabbitmq")("a failing connection to RabbitMQ", () => {
  const broker = suiteResource(rabbitVhost);

  it.each(["rst", "fin"] as const)(
    "ends everything with a connection error when it is cut (%s)",
    async (mode) => {
      await using proxy = await startProxy({ target: broker().url });
      await using connection = await connectTo(proxy.url);
      const channel = await connection.openChannel();
      const name = uniqueName("queue");
      await channel.declare(new Queue(name));
      await channel.publish(textMessage("1"), { exchange: "", routingKey: name });
      const [delivery] = await receive(channel, name, 1);
      const consuming = receive(channel, name, 1);
      const failed = consuming.catch((error: unknown) => error);
      await waitUntil(async () => (await channel.queueInfo(name)).consumers === 1);
      proxy.cut({ mode });
      expect(await connection.lost).toBeInstanceOf(ConnectionError);
      expect(await failed).toBeInstanceOf(ConnectionError);
      if (delivery !== undefined) channel.settle(delivery, "ack");
      await expect(channel.declare(new Queue(uniqueName("late")))).rejects.toThrow(ConnectionError);
      await expect(connection.openChannel()).rejects.toThrow(ConnectionError);

      await using next = await connectTo(proxy.url);
      const [again] = await receive(await next.openChannel(), name, 1);
      expect(again).toMatchObject({ redelivered: true });
    },
  );

  it("notices a peer that is gone without a word within three heartbeats", async () => {
    await using proxy = await startProxy({ target: broker().url });
    await using connection = await connectTo(proxy.url, { heartbeatSeconds: 1 });
    await connection.openChannel();
    // Two and a half heartbeats in which it lived only by them.
    const beganAt = performance.now();
    await waitUntil(() => performance.now() - beganAt > 2500);
    const since = performance.now();
    proxy.blackhole();
    expect((await connection.lost).message).toContain("Heartbeat timeout");
    expect(performance.now() - since).toBeLessThan(8000);
  });

  it("closes within a bound when the peer answers nothing", async () => {
    await using proxy = await startProxy({ target: broker().url });
    const connection = await connectTo(proxy.url);
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    const consuming = receive(channel, name, 1);
    await waitUntil(async () => (await channel.queueInfo(name)).consumers === 1);
    proxy.blackhole();
    const since = performance.now();
    await connection[Symbol.asyncDispose]();
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(await consuming).toEqual([]);
  });

  it("gives up connecting to a peer that accepts and stays silent", async () => {
    await using proxy = await startProxy({ target: broker().url });
    proxy.blackhole();
    const since = performance.now();
    await expect(connectTo(proxy.url, { connectTimeoutMs: 500 })).rejects.toThrow(ConnectionError);
    expect(performance.now() - since).toBeLessThan(10_000);
  });

  it("ends a request that is not answered within read_timeout", async () => {
    await using proxy = await startProxy({ target: broker().url });
    await using connection = await connectTo(proxy.url, { transportOptions: { read_timeout: 0.3 } });
    const channel = await connection.openChannel();
    await channel.declare(new Queue(uniqueName("queue")));
    proxy.blackhole();
    await expect(channel.queueInfo("any")).rejects.toThrow(/read_timeout/);
  });
});

requires("rabbitmq")("a RabbitMQ with limits", () => {
  const node = suiteResource(async () => {
    const started = await startRabbit({ config: { consumer_timeout: 1500 } });
    // The broker looks for late acknowledgements once a minute.
    await started.control("eval", "application:set_env(rabbit, channel_tick_interval, 500).");
    return started;
  });

  it("survives the broker's consumer timeout, and gets the message again on the same channel", async () => {
    await using connection = await connectTo(node().url);
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    await channel.publish(textMessage("slow"), { exchange: "", routingKey: name });
    const seen: string[] = [];
    const consume = async (): Promise<void> => {
      for await (const batch of channel.consume([name], {
        prefetch: 1,
        signal: AbortSignal.timeout(60_000),
      })) {
        for (const delivery of batch)
          seen.push(`${delivery.message.body.toString()} ${delivery.redelivered}`);
      }
    };
    const failure = await consume().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ChannelError);
    expect((failure as ChannelError).cause).toMatchObject({ code: 406 });
    expect(seen).toEqual(["slow false"]);
    const [again] = await receive(channel, name, 1);
    expect(again).toMatchObject({ redelivered: true });
    if (again !== undefined) channel.settle(again, "ack");
    await channel.flush();
    expect((await channel.queueInfo(name)).messages).toBe(0);
  });

  it("holds messages while the broker is short of memory, and refuses those that wait too long", async () => {
    const [calm, hurried] = [recordingLogger(), recordingLogger()];
    await using patient = await connectTo(node().url, { logger: calm });
    await using hasty = await connectTo(node().url, {
      logger: hurried,
      transportOptions: { write_timeout: 0.3 },
    });
    const name = uniqueName("queue");
    const [slow, quick] = [await patient.openChannel(), await hasty.openChannel()];
    await slow.declare(new Queue(name));
    const to = { exchange: "", routingKey: name };
    await node().control("set_vm_memory_high_watermark", "0.000001");
    // The broker tells a publisher when it publishes and its alarm has gone round: so each publishes until it hears of
    // it. What they sent until then is on its way and waits with the broker.
    const onItsWay: Promise<void>[] = [];
    const untilHeld = (channel: Channel, logger: RecordingLogger): Promise<boolean> =>
      waitUntil(() => {
        const isHeld = logger.lines.some(({ level }) => level === "warn");
        if (!isHeld) onItsWay.push(channel.publish(textMessage("early"), to));
        return isHeld;
      });
    await Promise.all([untilHeld(slow, calm), untilHeld(quick, hurried)]);
    await expect(quick.publish(textMessage("refused"), to)).rejects.toMatchObject({
      code: "ERR_Q_PUBLISH",
      sent: "no",
    });
    const held = slow.publish(textMessage("held"), to);
    await node().control("set_vm_memory_high_watermark", "0.6");
    await Promise.all([...onItsWay, held]);
    const arrived = await receive(slow, name, onItsWay.length + 1);
    const bodies = arrived.map(({ message }) => message.body.toString());
    expect(bodies.toSorted()).toEqual([...onItsWay.map(() => "early"), "held"]);
    expect((await slow.queueInfo(name)).messages).toBe(0);
  });

  it("reports a connection that the broker's operator closes", async () => {
    await using connection = await connectTo(node().url);
    await node().control("close_all_connections", "maintenance");
    expect((await connection.lost).message).toContain("maintenance");
  });
});
