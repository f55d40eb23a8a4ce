import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { describe, expect, it } from "vitest";
import { Connection } from "./connection/connection.ts";
import { Consumer } from "./consumer.ts";
import type { ConsumerOptions } from "./consumer/consumer-options.ts";
import type { Delivery } from "./contracts.ts";
import { Exchange } from "./entities/exchange.ts";
import { Queue } from "./entities/queue.ts";
import { AccessRefusedError, ChannelError, ConnectionError } from "./errors.ts";
import { ScriptedTransport, silence } from "./testing/scripted-transport.ts";
import { TransportRegistry } from "./transport-registry.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const down = new ConnectionError("down");

function setUp(options: Partial<ConsumerOptions> = {}) {
  const transport = new ScriptedTransport();
  const clock = new FakeClock();
  const logger = recordingLogger();
  const transports = new TransportRegistry().register("fake", () => transport);
  const connection = new Connection("fake://a", { transports, clock, connectTimeoutMs: 1000 });
  const taken: Delivery[] = [];
  const events: string[] = [];
  const consumer = new Consumer(connection, {
    queues: [new Queue("q", { exchange: new Exchange("x") })],
    prefetch: 10,
    onBatch: (deliveries) => void taken.push(...deliveries),
    onUp: (session) => events.push(`up ${session.generation}`),
    onLost: (error) => events.push(`lost ${error.message}`),
    onRetry: (_error, delayMs) => events.push(`retry ${Math.round(delayMs)}`),
    onGiveUp: (error) => events.push(`give up ${error.message}`),
    logger,
    clock,
    ...options,
  });
  const channel = () => transport.live.at(-1)?.channels.find((c) => c.consumingFrom.length > 0);
  return { transport, clock, logger, connection, consumer, taken, events, channel };
}

/** Starts the consumer and lets the first session come up. */
async function started(options: Partial<ConsumerOptions> = {}) {
  const all = setUp(options);
  await all.consumer.start();
  await turn();
  return all;
}

describe("Consumer", () => {
  it("declares its queues with exchange and binding, then consumes", async () => {
    const { transport, taken, channel, events } = await started();
    expect(channel()?.declared).toEqual(["exchange x", "queue q", "binding q"]);
    expect(channel()?.prefetch).toBe(10);
    transport.deliver("q", "1", "2");
    await turn();
    expect(taken.map((delivery) => String(delivery.message.body))).toEqual(["1", "2"]);
    expect(events).toEqual(["up 1"]);
  });

  it("builds everything anew after a loss, with what changed meanwhile", async () => {
    const { transport, clock, consumer, channel, taken, events } = await started();
    transport.cut(down);
    await turn();
    await consumer.addQueue(new Queue("added"));
    consumer.setPrefetch(3);
    await clock.advance(100);
    expect(events).toEqual(["up 1", "lost down", "retry 100", "up 2"]);
    expect(channel()?.consumingFrom).toEqual(["q", "added"]);
    expect(channel()?.declared).toContain("queue added");
    expect(channel()?.prefetch).toBe(3);
    transport.deliver("added", "1");
    await turn();
    expect(taken).toHaveLength(1);
  });

  it("survives two cuts within three seconds and consumes again at once", async () => {
    const { transport, clock, channel, events } = await started();
    transport.cut(down);
    await turn();
    await clock.advance(500);
    transport.cut(down);
    await turn();
    await clock.advance(1000);
    expect(events.filter((event) => event.startsWith("up"))).toEqual(["up 1", "up 2", "up 3"]);
    expect(channel()?.consumingFrom).toEqual(["q"]);
  });

  it("consumes within 5 s after a broker is back that was away for long", async () => {
    const { transport, clock, channel } = await started();
    transport.onConnect = () => Promise.reject(down);
    transport.cut(down);
    await turn();
    await clock.advance(120_000);
    expect(channel()).toBeUndefined();
    transport.onConnect = async () => {};
    await clock.advance(5000);
    expect(channel()?.consumingFrom).toEqual(["q"]);
  });

  it("does not hammer a broker that accepts and drops it", async () => {
    const { transport, clock } = await started();
    for (let n = 0; n < 600; n++) {
      transport.cut(down);
      await turn();
      await clock.advance(100);
    }
    expect(transport.attempts.length).toBeLessThan(35);
    transport.cut(down);
    await turn();
    await clock.advance(3100);
    expect(transport.live).toHaveLength(1);
  });

  it("opens a new channel on the same connection when the broker closed the channel", async () => {
    const { transport, clock, channel } = await started();
    const first = channel();
    first?.fail(new ChannelError("406"));
    await turn();
    await clock.advance(100);
    expect(channel()).not.toBe(first);
    expect(transport.connections).toHaveLength(1);
  });

  it("settles a delivery once, and not when its channel is gone", async () => {
    const { transport, clock, consumer, channel } = await started();
    const [first, second] = transport.deliver("q", "1", "2") as [Delivery, Delivery];
    await turn();
    expect(consumer.settle(first, "ack")).toBe(true);
    expect(consumer.settle(first, "ack")).toBe(false);
    expect(channel()?.settled).toEqual([{ tag: "1", how: "ack" }]);
    transport.cut(down);
    await turn();
    expect(consumer.settle(second, "ack")).toBe(false);
    await clock.advance(100);
    const [again] = transport.deliver("q", "2") as [Delivery];
    await turn();
    expect(consumer.settle(second, "ack")).toBe(false);
    expect(consumer.settle(again, "reject")).toBe(true);
    expect(channel()?.settled).toEqual([{ tag: "1", how: "reject" }]);
  });

  it("adds and cancels queues while it runs and keeps what it has taken", async () => {
    const { transport, consumer, channel } = await started();
    const [delivery] = transport.deliver("q", "1") as [Delivery];
    await turn();
    await consumer.addQueue(new Queue("r"));
    await turn();
    expect(channel()?.consumingFrom).toEqual(["q", "r"]);
    await consumer.cancelQueue("q");
    await turn();
    expect(channel()?.consumingFrom).toEqual(["r"]);
    expect(consumer.consumingFrom()).toEqual(["r"]);
    expect(consumer.settle(delivery, "ack")).toBe(true);
    await consumer.cancelQueue("r");
    await consumer.addQueue(new Queue("s"));
    await turn();
    expect(channel()?.consumingFrom).toEqual(["s"]);
    expect(transport.connections[0]?.channels).toHaveLength(1);
  });

  it("declares a queue that is added while another is being declared", async () => {
    const { transport, consumer, channel } = setUp();
    let answer = (): void => {};
    transport.onDeclare = () => new Promise((resolve) => (answer = resolve));
    const starting = consumer.start();
    await turn();
    transport.onDeclare = async () => {};
    void consumer.addQueue(new Queue("late"));
    answer();
    await starting;
    await turn();
    expect(channel()?.declared).toContain("queue late");
    expect(channel()?.consumingFrom).toEqual(["q", "late"]);
  });

  it("starts although the broker is down, unless told not to", async () => {
    const patient = setUp();
    patient.transport.onConnect = () => Promise.reject(down);
    const starting = patient.consumer.start();
    await turn();
    await patient.clock.advance(50);
    patient.transport.onConnect = async () => {};
    await patient.clock.advance(100);
    await starting;

    const strict = setUp({ retryOnStartup: false });
    strict.transport.onConnect = () => Promise.reject(down);
    await expect(strict.consumer.start()).rejects.toBe(down);
    expect(strict.events).toEqual(["give up down"]);
  });

  it("gives up when the policy is exhausted", async () => {
    const retryPolicy = { maxRetries: 2, intervalStart: 0.1, intervalStep: 0, intervalMax: 0.1 };
    const { transport, clock, consumer, events } = await started({ retryPolicy });
    transport.onConnect = () => Promise.reject(down);
    transport.cut(down);
    await turn();
    await clock.advance(10_000);
    expect(events.at(-1)).toBe("give up down");
    expect(transport.attempts).toHaveLength(3);
    await consumer.stop();
  });

  it("gives up at once when the broker refuses us", async () => {
    const { transport, consumer, events } = setUp();
    transport.onConnect = () => Promise.reject(new AccessRefusedError("no"));
    await expect(consumer.start()).rejects.toMatchObject({ code: "ERR_Q_ACCESS_REFUSED" });
    expect(events).toEqual(["give up no"]);
  });

  it("delivers again what a throwing callback did not settle", async () => {
    let throws = true;
    const seen: string[] = [];
    const { transport, clock } = await started({
      onBatch: (batch) => {
        if (throws) throw new Error("callback");
        seen.push(...batch.map((delivery) => String(delivery.message.body)));
      },
    });
    transport.deliver("q", "1");
    await turn();
    expect(transport.connections[0]?.channels[0]?.isClosed).toBe(true);
    throws = false;
    await clock.advance(100);
    transport.deliver("q", "1");
    await turn();
    expect(seen).toEqual(["1"]);
  });

  it("does not wait for a broker that goes silent while a session is built", async () => {
    const { transport, clock, channel, consumer } = setUp();
    transport.onDeclare = silence;
    void consumer.start();
    await turn();
    transport.onDeclare = async () => {};
    await clock.advance(10_200);
    expect(channel()?.consumingFrom).toEqual(["q"]);
    expect(transport.connections.map((connection) => connection.isEnded)).toEqual([true, false]);
  });

  it("stops taking when it drains, and still settles", async () => {
    const { transport, consumer, channel } = await started();
    const [delivery] = transport.deliver("q", "1") as [Delivery];
    await turn();
    const open = channel();
    await consumer.drain();
    expect(open?.consumingFrom).toEqual([]);
    expect(consumer.settle(delivery, "ack")).toBe(true);
    expect(open?.isClosed).toBe(false);
    await consumer.stop();
    expect(open?.isClosed).toBe(true);
    expect(open?.settled).toHaveLength(1);
  });

  it("does not come back when the connection is lost while it drains", async () => {
    const { transport, clock, consumer, events } = await started();
    await consumer.drain();
    transport.cut(down);
    await turn();
    await clock.advance(10_000);
    expect(transport.attempts).toHaveLength(1);
    expect(events).toEqual(["up 1", "lost down"]);
    await consumer.stop();
  });

  it("stops within its bound although the broker answers nothing", async () => {
    const { transport, clock, consumer } = await started({ stopTimeoutMs: 1000 });
    transport.onFlush = silence;
    transport.onDispose = silence;
    let isStopped = false;
    void consumer.stop().then(() => (isStopped = true));
    await turn();
    await clock.advance(1000);
    expect(isStopped).toBe(true);
    await consumer.stop();
  });

  it("stops while it is connecting, backing off or declaring", async () => {
    for (const stuck of ["connect", "back off", "declare"] as const) {
      const { transport, consumer, events } = setUp();
      if (stuck === "connect") transport.onConnect = silence;
      if (stuck === "back off") transport.onConnect = () => Promise.reject(down);
      if (stuck === "declare") transport.onDeclare = silence;
      const controller = new AbortController();
      const starting = consumer.start(controller.signal);
      starting.catch(() => {});
      await turn();
      controller.abort(new Error("stop"));
      await expect(starting).rejects.toThrow("stop");
      await consumer.stop();
      expect(events.filter((event) => event.startsWith("give up"))).toEqual([]);
    }
  });

  it("takes part in the loss of a connection that somebody else found dead", async () => {
    const { transport, clock, connection, channel, events } = await started();
    connection.giveUpOn(await connection.connect(), down);
    await turn();
    await clock.advance(100);
    expect(events).toEqual(["up 1", "lost down", "retry 100", "up 2"]);
    expect(transport.live).toHaveLength(1);
    expect(channel()?.consumingFrom).toEqual(["q"]);
  });

  it("keeps no account of deliveries that need no settlement", async () => {
    const { transport, consumer, taken } = await started({ noAck: true });
    transport.deliver("q", "1");
    await turn();
    expect(consumer.session?.unsettled).toBe(0);
    expect(consumer.settle(taken[0] as Delivery, "ack")).toBe(false);
  });
});

describe("the watchdog of a Consumer", () => {
  const watched = (hasFreeSlots = (): boolean => true) =>
    started({ watchdog: { idleMs: 30_000, hasFreeSlots } });
  const stalls = (logger: { lines: readonly { fields: Readonly<Record<string, unknown>> }[] }): number =>
    logger.lines.filter((line) => line.fields["code"] === "ERR_Q_CONSUMER_STALLED").length;

  it("takes a connection for dead that delivers nothing although messages wait", async () => {
    const { transport, clock, logger, events, channel } = await watched();
    transport.onQueueInfo = async () => 5;
    await clock.advance(33_000);
    expect(stalls(logger)).toBe(1);
    expect(transport.connections.map((connection) => connection.isEnded)).toEqual([true, false]);
    expect(events.at(-1)).toBe("up 2");
    expect(channel()?.consumingFrom).toEqual(["q"]);
  });

  it("does the same when the broker does not even answer", async () => {
    const { transport, clock, logger } = await watched();
    transport.onQueueInfo = silence;
    await clock.advance(37_000);
    expect(stalls(logger)).toBe(1);
    expect(transport.connections).toHaveLength(2);
  });

  it("leaves an idle consumer alone when nothing waits", async () => {
    const { transport, clock, logger } = await watched();
    await clock.advance(300_000);
    expect(stalls(logger)).toBe(0);
    expect(transport.connections).toHaveLength(1);
    expect(transport.connections[0]?.channels.filter((channel) => !channel.isClosed)).toHaveLength(1);
  });

  it("leaves a busy consumer alone, and one that has just become free", async () => {
    let isFree = false;
    const { transport, clock, logger } = await watched(() => isFree);
    transport.onQueueInfo = async () => 5;
    await clock.advance(300_000);
    isFree = true;
    await clock.advance(29_000);
    expect(stalls(logger)).toBe(0);
    await clock.advance(15_000);
    expect(stalls(logger)).toBe(1);
  });

  it("leaves a consumer alone whose prefetch is used up", async () => {
    const { transport, clock, logger, consumer } = await watched();
    consumer.setPrefetch(1);
    transport.deliver("q", "1");
    transport.onQueueInfo = async () => 5;
    await turn();
    await clock.advance(300_000);
    expect(stalls(logger)).toBe(0);
  });

  it("takes back its suspicion when a delivery comes after all", async () => {
    const { transport, clock, logger } = await watched();
    transport.onQueueInfo = async () => 5;
    await clock.advance(30_000);
    transport.deliver("q", "1");
    await turn();
    await clock.advance(10_000);
    expect(stalls(logger)).toBe(0);
  });
});
