import { describe, expect, it, onTestFinished } from "vitest";
import { FakeClock, recordingLogger, type RecordingLogger } from "@q/kernel/testing";
import { type Channel, ConnectionError, createTransportRegistry, type Transport } from "@q/messaging";
import { createMemoryTransport } from "@q/messaging/memory";
import { createApp } from "../app/create-app.ts";
import type { App } from "../app/app.ts";
import type { AppOptions } from "../app/app-options.ts";
import { EventDispatcher } from "./event-dispatcher.ts";
import { EventReceiver, type EventReceiverOptions, type ReceivedEvent } from "./event-receiver.ts";

function memoryApp(options: AppOptions = {}): App {
  const app = createApp("test", { broker: `memory://${crypto.randomUUID()}`, ...options });
  onTestFinished(() => app.close());
  return app;
}

/** A receiver that listens by the time this resolves, and gives the next events it is asked for. */
async function listening(
  app: App,
  options: EventReceiverOptions = {},
): Promise<(count: number) => Promise<ReceivedEvent[]>> {
  const stop = new AbortController();
  const probe = new EventDispatcher(app, { hostname: "probe" });
  const receiver = new EventReceiver(app, { wakeup: false, ...options });
  const events = receiver.events({ signal: stop.signal });
  onTestFinished(async () => {
    stop.abort();
    await events.return();
    await probe.close();
  });
  const first = events.next();
  const knock = setInterval(() => probe.send("task-probe"), 5);
  await first.finally(() => clearInterval(knock));
  return async (count) => {
    const taken: ReceivedEvent[] = [];
    while (taken.length < count) {
      const { value } = await events.next();
      if (value && value.type !== "task-probe") taken.push(value);
    }
    return taken;
  };
}

describe("events", () => {
  it("arrive in order and complete, alone or together with others of their group", async () => {
    const app = memoryApp();
    const next = await listening(app);
    const dispatcher = new EventDispatcher(app, { hostname: "w@here", bufferGroups: ["task"] });
    for (let n = 0; n < 60; n++) dispatcher.send("task-progress", { uuid: `u${n}`, percent: n });
    dispatcher.send("worker-heartbeat", { freq: 2 });
    const events = await next(61);
    expect(events.slice(0, 60).map((event) => event["percent"])).toEqual([...Array(60).keys()]);
    expect(events.at(-1)).toMatchObject({
      type: "worker-heartbeat",
      freq: 2,
      hostname: "w@here",
      pid: process.pid,
      clock: expect.any(Number) as number,
      utcoffset: expect.any(Number) as number,
    });
    await dispatcher.flush();
    expect(dispatcher.stats).toEqual({ sent: 61, dropped: 0, waiting: 0 });
  });

  it("are sent only by groups that are on", async () => {
    const app = memoryApp();
    const next = await listening(app);
    const dispatcher = new EventDispatcher(app, { groups: ["worker"] });
    dispatcher.send("task-sent");
    dispatcher.send("worker-online");
    dispatcher.setGroups([]);
    dispatcher.send("task-received");
    dispatcher.disable();
    dispatcher.send("worker-online");
    dispatcher.enable();
    dispatcher.send("worker-offline");
    expect((await next(3)).map((event) => event.type)).toEqual([
      "worker-online",
      "task-received",
      "worker-offline",
    ]);
  });

  it("reach only receivers that asked for their kind", async () => {
    const app = memoryApp();
    const next = await listening(app, { routingKey: "task.#" });
    const dispatcher = new EventDispatcher(app);
    dispatcher.send("worker-online");
    dispatcher.send("task-sent", { uuid: "u" });
    expect(await next(1)).toMatchObject([{ type: "task-sent", uuid: "u" }]);
  });

  it("travel in any format, and are dropped when there is none for them", async () => {
    const app = memoryApp({ eventSerializer: "msgpack" });
    const next = await listening(app);
    const dispatcher = new EventDispatcher(app, { bufferGroups: ["task"] });
    dispatcher.send("task-sent", { uuid: "u" });
    dispatcher.send("custom-thing", { n: 1 });
    expect(await next(2)).toMatchObject([{ uuid: "u" }, { n: 1 }]);
    app.config.update({ eventSerializer: "json" });
    dispatcher.send("custom-thing", { n: 1n });
    expect(dispatcher.stats.dropped).toBe(1);
  });

  it("move the clock of their receiver, except those of clients", async () => {
    const broker = `memory://${crypto.randomUUID()}`;
    const [sender, receiver] = [memoryApp({ broker }), memoryApp({ broker })];
    const next = await listening(receiver);
    const before = receiver.logicalClock.value;
    sender.logicalClock.adjust(1000);
    const dispatcher = new EventDispatcher(sender);
    dispatcher.send("task-sent", { uuid: "u" });
    expect(await next(1)).toMatchObject([{ clock: expect.toSatisfy((clock) => clock < 1000) as number }]);
    expect(receiver.logicalClock.value).toBeLessThan(1000);
    dispatcher.send("worker-online");
    expect(await next(1)).toMatchObject([{ clock: 1003 }]);
    expect(receiver.logicalClock.value).toBeGreaterThan(Math.max(1003, before));
    await dispatcher.close();
  });

  it("end a capture after a number of them, after silence, or when it is aborted", async () => {
    const app = memoryApp();
    const dispatcher = new EventDispatcher(app);
    const seen: string[] = [];
    const receiver = new EventReceiver(app, { wakeup: false });
    const knock = setInterval(() => dispatcher.send("task-sent", { uuid: "u" }), 5);
    const note = (event: ReceivedEvent): void => void seen.push(event.type);
    await receiver.capture({ "*": note, "task-other": () => expect.unreachable() }, { limit: 2 });
    clearInterval(knock);
    expect(seen).toEqual(["task-sent", "task-sent"]);
    await receiver.capture({}, { timeout: 0.01 });
    await receiver.capture({}, { signal: AbortSignal.abort() });
  });
});

describe("an event dispatcher without its broker", () => {
  type Publish = Channel["publish"];
  const down: Publish = async () => Promise.reject(new ConnectionError("down"));

  /** A broker in memory whose publishing the test decides about. */
  function offline(exchangeTypes: Transport["capabilities"]["exchangeTypes"] = ["topic"]): {
    app: App;
    broker: { publish: Publish };
    clock: FakeClock;
    logger: RecordingLogger;
  } {
    const memory = createMemoryTransport();
    const broker = { publish: down };
    const transport: Transport = {
      name: "offline",
      capabilities: { ...memory.capabilities, exchangeTypes },
      connect: async (options) => {
        const connection = await memory.connect(options);
        const openChannel = connection.openChannel.bind(connection);
        connection.openChannel = async () =>
          Object.assign(await openChannel(), {
            publish: (...sent: Parameters<Publish>) => broker.publish(...sent),
          });
        return connection;
      },
    };
    const [clock, logger] = [new FakeClock(1e12), recordingLogger()];
    const transports = createTransportRegistry().register("offline", async () => transport);
    return { app: memoryApp({ broker: "offline://here", transports, clock, logger }), broker, clock, logger };
  }

  it("keeps events for its return, the newest of them, and says so once", async () => {
    const { app, broker, clock, logger } = offline();
    const dispatcher = new EventDispatcher(app, { bufferGroups: ["task"], bufferLimit: 2, maxWaiting: 4 });
    for (let n = 0; n < 6; n++) dispatcher.send("task-progress", { n });
    await dispatcher.flush();
    expect(dispatcher.stats).toEqual({ sent: 0, dropped: 2, waiting: 4 });
    expect(logger.lines.filter((line) => line.message.includes("wait for the broker"))).toHaveLength(1);

    const arrived: number[] = [];
    broker.publish = async ({ body }) => {
      arrived.push(...(JSON.parse(body.toString()) as { n: number }[]).map((event) => event.n));
    };
    await clock.advance(1000);
    expect(arrived).toEqual([2, 3, 4, 5]);
    expect(dispatcher.stats).toEqual({ sent: 4, dropped: 2, waiting: 0 });
  });

  it("does not keep heartbeats, and ends in time", async () => {
    const { app } = offline();
    const dispatcher = new EventDispatcher(app);
    dispatcher.send("worker-heartbeat");
    dispatcher.send("worker-offline");
    await dispatcher.close();
    expect(dispatcher.stats).toEqual({ sent: 0, dropped: 2, waiting: 0 });
  });

  it("is silent on a broker that has no exchange for it", async () => {
    const { app } = offline(["direct"]);
    const dispatcher = new EventDispatcher(app);
    dispatcher.send("task-sent");
    await dispatcher.flush();
    dispatcher.send("task-sent");
    expect(dispatcher.stats).toEqual({ sent: 0, dropped: 2, waiting: 0 });
    await expect(new EventReceiver(app).events().next()).rejects.toThrow(/no topic exchanges/);
  });
});

it("events come to a durable monitor queue, which cannot be exclusive", async () => {
  const app = memoryApp({ eventQueueDurable: true });
  const next = await listening(app);
  app.sendEvent("deploy-finished", { version: "1.2" });
  expect(await next(1)).toMatchObject([{ type: "deploy-finished", version: "1.2" }]);
});
