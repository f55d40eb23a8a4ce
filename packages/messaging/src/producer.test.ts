import { ClosedError } from "@q/kernel";
import { FakeClock } from "@q/kernel/testing";
import { describe, expect, it } from "vitest";
import { Connection } from "./connection/connection.ts";
import { Exchange } from "./entities/exchange.ts";
import { Queue } from "./entities/queue.ts";
import { AccessRefusedError, ChannelError, ConnectionError, PublishError } from "./errors.ts";
import { Producer, type ProducerOptions } from "./producer.ts";
import type { PublishOptions } from "./producer/publish-options.ts";
import { ScriptedTransport, silence, textMessage } from "./testing/scripted-transport.ts";
import { TransportRegistry } from "./transport-registry.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const to = { exchange: "", routingKey: "q" };

function setUp(options: ProducerOptions = {}) {
  const transport = new ScriptedTransport();
  const clock = new FakeClock();
  const transports = new TransportRegistry().register("fake", () => transport);
  const connection = new Connection("fake://a", { transports, clock });
  const producer = new Producer(connection, { clock, ...options });
  const publish = (body: string, o?: PublishOptions): Promise<void> =>
    producer.publish(textMessage(body), to, o);
  const bodies = (): string[] =>
    transport.connections.flatMap((c) =>
      c.channels.flatMap((ch) => ch.published.map((p) => String(p.message.body))),
    );
  return { transport, clock, connection, producer, publish, bodies };
}

/** The outcome of a publish, and the time on the clock at which it came. */
function outcomeOf(publishing: Promise<void>, clock: FakeClock) {
  const outcome: { error?: unknown; atMs?: number } = {};
  const note = (error?: unknown): void => void Object.assign(outcome, { error, atMs: clock.now() });
  publishing.then(() => note(), note);
  return outcome;
}

describe("Producer", () => {
  it("connects at the first publish and keeps its channel", async () => {
    const { transport, publish, bodies } = setUp();
    expect(transport.attempts).toEqual([]);
    await Promise.all([publish("1"), publish("2")]);
    await publish("3");
    expect(bodies()).toEqual(["1", "2", "3"]);
    expect(transport.connections).toHaveLength(1);
    expect(transport.connections[0]?.channels).toHaveLength(1);
  });

  it("declares an entity with its exchange and binding once, and again after a reconnect", async () => {
    const { transport, publish } = setUp();
    const queue = new Queue("q", { exchange: new Exchange("x") });
    await Promise.all([publish("1", { declare: [queue] }), publish("2", { declare: [queue] })]);
    await publish("3", { declare: [queue] });
    const declarations = ["exchange x", "queue q", "binding q"];
    expect(transport.connections[0]?.channels[0]?.declared).toEqual(declarations);
    transport.cut();
    await turn();
    await publish("4", { declare: [queue] });
    expect(transport.connections[1]?.channels[0]?.declared).toEqual(declarations);
  });

  it("refuses an address that is no text, as a message may name one", async () => {
    const { producer, bodies } = setUp();
    for (const address of [
      { exchange: "", routingKey: 5 },
      { exchange: {}, routingKey: "q" },
    ])
      await expect(producer.publish(textMessage("1"), address as never)).rejects.toMatchObject({
        code: "ERR_Q_PUBLISH",
        sent: "no",
      });
    expect(bodies()).toEqual([]);
  });

  it("does not declare what is not to be declared", async () => {
    const { transport, publish } = setUp();
    await publish("1", {
      declare: [new Queue("q", { noDeclare: true }), new Exchange("x", { noDeclare: true })],
    });
    expect(transport.connections[0]?.channels[0]?.declared).toEqual([]);
  });

  it("publishes again over a new connection when the first is lost meanwhile", async () => {
    const { transport, clock, publish, bodies } = setUp();
    let isFirst = true;
    transport.onPublish = async () => {
      if (!isFirst) return;
      isFirst = false;
      const error = new ConnectionError("gone");
      transport.cut(error);
      throw new PublishError("gone", { sent: "unknown", cause: error });
    };
    const publishing = publish("1");
    await turn();
    await clock.advance(0);
    await publishing;
    expect(bodies()).toEqual(["1", "1"]);
    expect(transport.connections).toHaveLength(2);
  });

  it("publishes again over a new channel when the broker closed the old one", async () => {
    const { transport, clock, publish } = setUp();
    let left = 1;
    transport.onPublish = async () => {
      if (left-- > 0) throw new ChannelError("406");
    };
    const publishing = publish("1");
    await turn();
    await clock.advance(0);
    await publishing;
    expect(transport.connections).toHaveLength(1);
    expect(transport.connections[0]?.channels.map((channel) => channel.isClosed)).toEqual([true, false]);
  });

  it("keeps a channel open until the messages on it have settled", async () => {
    const { transport, publish } = setUp();
    let confirm = (): void => {};
    transport.onPublish = (message) =>
      String(message.body) === "slow"
        ? new Promise((resolve) => (confirm = resolve))
        : Promise.reject(new ChannelError("no"));
    const slow = publish("slow");
    await turn();
    await expect(publish("bad", { retry: false })).rejects.toBeInstanceOf(PublishError);
    const channel = transport.connections[0]?.channels[0];
    expect(channel?.isClosed).toBe(false);
    confirm();
    await slow;
    expect(channel?.isClosed).toBe(true);
  });

  it("reports a broker that is down after the delays of the policy, as not sent", async () => {
    const { transport, clock, publish } = setUp();
    transport.onConnect = () => Promise.reject(new ConnectionError("refused"));
    const outcome = outcomeOf(publish("1"), clock);
    await turn();
    await clock.advance(2000);
    expect(outcome.error).toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no", cause: { message: "refused" } });
    expect(outcome.atMs).toBe(600);
    expect(transport.attempts).toHaveLength(4);
  });

  it("makes one attempt only when told not to retry", async () => {
    const { transport, publish } = setUp();
    transport.onConnect = () => Promise.reject(new ConnectionError("refused"));
    await expect(publish("1", { retry: false })).rejects.toMatchObject({ sent: "no" });
    expect(transport.attempts).toHaveLength(1);
  });

  it.each<[string, (transport: ScriptedTransport) => void, "no" | "unknown"]>([
    ["connecting", (t) => (t.onConnect = silence), "no"],
    ["opening a channel", (t) => (t.onOpenChannel = silence), "no"],
    ["declaring", (t) => (t.onDeclare = silence), "no"],
    ["confirming", (t) => (t.onPublish = silence), "unknown"],
  ])("settles in time when the broker goes silent while %s", async (_when, silenced, sent) => {
    const { transport, clock, publish } = setUp({ timeoutMs: 1000 });
    silenced(transport);
    const options = { declare: [new Queue("q")] };
    const once = outcomeOf(publish("1", { ...options, retry: false }), clock);
    await turn();
    await clock.advance(1100);
    expect(once.error).toMatchObject({ code: "ERR_Q_PUBLISH", sent });
    expect(once.atMs).toBeLessThanOrEqual(1100);

    const beginMs = clock.now();
    const four = outcomeOf(publish("2", options), clock);
    await turn();
    await clock.advance(10_000);
    expect(four.error).toMatchObject({ code: "ERR_Q_PUBLISH", sent });
    expect((four.atMs ?? Infinity) - beginMs).toBeLessThanOrEqual(4 * 1050 + 600);
  });

  it("abandons a connection on which nothing is confirmed and publishes over a new one", async () => {
    const { transport, clock, publish } = setUp({ timeoutMs: 1000 });
    transport.onPublish = () => (transport.connections.length === 1 ? silence() : Promise.resolve());
    const publishing = publish("1");
    await turn();
    await clock.advance(1100);
    await publishing;
    expect(transport.connections.map((connection) => connection.isEnded)).toEqual([true, false]);
  });

  it("meets a short deadline although longer ones were set before", async () => {
    const { transport, clock, publish } = setUp();
    transport.onPublish = silence;
    const long = outcomeOf(publish("long", { retry: false }), clock);
    const short = outcomeOf(publish("short", { retry: false, timeoutMs: 100 }), clock);
    await turn();
    await clock.advance(6000);
    expect(short.atMs).toBe(100);
    expect(long.atMs).toBeLessThanOrEqual(5050);
  });

  it("uses one timer for all messages", async () => {
    const { transport, clock, publish } = setUp();
    await publish("0");
    transport.onPublish = silence;
    const before = clock.pending;
    for (let n = 0; n < 100; n++) publish(`${n}`, { retry: false }).catch(() => {});
    expect(clock.pending).toBe(before);
  });

  it("says unknown when an earlier attempt may have got through", async () => {
    const { transport, clock, publish } = setUp();
    transport.onPublish = async () => {
      transport.onConnect = () => Promise.reject(new ConnectionError("refused"));
      transport.cut();
      throw new PublishError("cut", { sent: "unknown" });
    };
    const outcome = outcomeOf(publish("1"), clock);
    await turn();
    await clock.advance(2000);
    expect(outcome.error).toMatchObject({
      code: "ERR_Q_PUBLISH",
      sent: "unknown",
      cause: { message: "refused" },
    });
  });

  it("takes a late confirmation for an answer", async () => {
    const { transport, clock, publish } = setUp({ timeoutMs: 1000 });
    let confirm = (): void => {};
    transport.onPublish = () => new Promise((resolve) => (confirm = resolve));
    const outcome = outcomeOf(
      publish("1", { retryPolicy: { maxRetries: 1, intervalStart: 60, intervalStep: 0, intervalMax: 60 } }),
      clock,
    );
    await turn();
    await clock.advance(2000);
    confirm();
    await turn();
    expect(outcome).toEqual({ error: undefined, atMs: 2000 });
  });

  it("does not retry a refusal of our rights, nor a mistake of the caller", async () => {
    const { transport, publish } = setUp();
    transport.onConnect = () => Promise.reject(new AccessRefusedError("no"));
    await expect(publish("1")).rejects.toMatchObject({ code: "ERR_Q_ACCESS_REFUSED" });
    transport.onConnect = async () => {};
    const mistake = new TypeError("not a header");
    transport.onPublish = () => Promise.reject(mistake);
    await expect(publish("2")).rejects.toBe(mistake);
    expect(transport.attempts).toHaveLength(2);
  });

  it("holds back what exceeds the limit until others have settled", async () => {
    const { transport, publish, bodies, producer } = setUp({ maxInFlight: 2 });
    const confirms: (() => void)[] = [];
    transport.onPublish = () => new Promise((resolve) => confirms.push(resolve));
    const all = [1, 2, 3].map((n) => publish(`${n}`));
    await turn();
    expect(bodies()).toEqual(["1", "2"]);
    expect(producer.pending).toBe(3);
    confirms[0]?.();
    await turn();
    expect(bodies()).toEqual(["1", "2", "3"]);
    for (const confirm of confirms) confirm();
    await Promise.all(all);
    expect(producer.pending).toBe(0);
  });

  it("does not publish what was called off while it waited, and keeps its place free", async () => {
    const { transport, publish, bodies } = setUp({ maxInFlight: 1 });
    let confirm = (): void => {};
    transport.onPublish = () => new Promise((resolve) => (confirm = resolve));
    const controller = new AbortController();
    const first = publish("1");
    const second = publish("2", { signal: controller.signal });
    const third = publish("3");
    second.catch(() => {});
    await turn();
    controller.abort(new Error("called off"));
    await expect(second).rejects.toThrow("called off");
    confirm();
    await first;
    await turn();
    confirm();
    await third;
    expect(bodies()).toEqual(["1", "3"]);
  });

  it("ends with the reason of the signal", async () => {
    const { transport, publish, producer } = setUp();
    transport.onPublish = silence;
    const controller = new AbortController();
    const publishing = publish("1", { signal: controller.signal });
    await turn();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(publishing).rejects.toBe(reason);
    await expect(publish("2", { signal: controller.signal })).rejects.toBe(reason);
    expect(producer.pending).toBe(0);
  });

  it("lets messages settle when it is disposed of, and gives them up when it is closed", async () => {
    const { transport, publish, producer } = setUp();
    let confirm = (): void => {};
    transport.onPublish = () => new Promise((resolve) => (confirm = resolve));
    const first = publish("1");
    await turn();
    const drained = producer.drain();
    confirm();
    await Promise.all([first, drained]);
    const second = publish("2");
    await turn();
    second.catch(() => {});
    await producer.close();
    await expect(second).rejects.toMatchObject({ code: "ERR_Q_PUBLISH", sent: "unknown" });
    await expect(publish("3")).rejects.toBeInstanceOf(ClosedError);
    await producer[Symbol.asyncDispose]();
    expect(transport.connections[0]?.channels[0]?.published).toHaveLength(2);
  });
});
