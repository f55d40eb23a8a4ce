import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@q/kernel";
import { recordingLogger } from "@q/kernel/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCompressionRegistry } from "../compression/compression-registry.ts";
import { Connection } from "../connection/connection.ts";
import { Consumer } from "../consumer.ts";
import { Producer } from "../producer.ts";
import { BodyCodec } from "../serializers/body-codec.ts";
import { createSerializerRegistry } from "../serializers/serializer-registry.ts";
import { Pidbox } from "./pidbox.ts";
import { PidboxClient } from "./pidbox-client.ts";
import { PidboxNode } from "./pidbox-node.ts";

const brokers = {
  memory: () => `memory://${randomUUID()}`,
  SQLite: () => {
    const folder = mkdtempSync(join(tmpdir(), "q-pidbox-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return `sqlite:///${join(folder, "q.db")}`;
  },
};

function mailbox(accept: readonly string[] = ["json"]): Pidbox {
  let count = 0;
  const codec = new BodyCodec({
    serializers: createSerializerRegistry(),
    compressions: createCompressionRegistry(),
    accept,
  });
  return new Pidbox({
    namespace: "test",
    codec,
    serializer: "json",
    logicalClock: { forward: () => ++count, adjust: (other) => (count = Math.max(count, Number(other)) + 1) },
    clock: systemClock,
    queueTtl: 300,
    queueExpires: 10,
    queueDurable: false,
    queueExclusive: true,
  });
}

/** A fleet on one broker; everything is closed at the end of the test. */
function fleet(url: string) {
  const connect = (): Connection => {
    const connection = new Connection(url);
    onTestFinished(() => connection.close());
    return connection;
  };
  const client = (pidbox = mailbox()): PidboxClient => {
    const connection = connect();
    const producer = new Producer(connection);
    const made = new PidboxClient(pidbox, {
      connection: async () => connection,
      producer: async () => producer,
      logger: silentLogger,
    });
    onTestFinished(() => made.close());
    return made;
  };
  const node = async (
    name: string,
    handle: (method: string, args: object) => unknown,
    logger = recordingLogger(),
  ) => {
    const [connection, pidbox] = [connect(), mailbox()];
    const onError = (error: Error): object => ({ error: error.message });
    const producer = new Producer(connection);
    const listening = new PidboxNode(pidbox, { name, producer, handle, onError, logger });
    const consumer = new Consumer(connection, {
      queues: [pidbox.nodeQueue(name, randomUUID())],
      onBatch: (batch) => batch.forEach((delivery) => void listening.receive(delivery)),
    });
    onTestFinished(() => consumer.stop());
    await consumer.start();
    return { logger, connection };
  };
  return { client, node, connect };
}

describe.each(Object.entries(brokers))("a mailbox on %s", (_, broker) => {
  it("lets every node answer, or those that are meant", async () => {
    const { client, node } = fleet(broker());
    for (const name of ["w1@a", "w2@a", "w3@b"]) await node(name, () => ({ ok: name }));
    const asking = client();
    const names = async (call: object): Promise<string[]> =>
      (await asking.broadcast("ping", { reply: true, timeoutMs: 300, ...call })).flatMap(Object.keys).sort();
    expect(await names({ limit: 3 })).toEqual(["w1@a", "w2@a", "w3@b"]);
    expect(await names({ destination: ["w2@a"] })).toEqual(["w2@a"]);
    expect(await names({ pattern: "*@a", matcher: "glob", limit: 2 })).toEqual(["w1@a", "w2@a"]);
    expect(await names({ pattern: "w[13]", matcher: "pcre", limit: 2 })).toEqual(["w1@a", "w3@b"]);
    expect(await names({ limit: 1 })).toHaveLength(1);
  });

  it("tells each answer as it comes, and errors as answers", async () => {
    const { client, node } = fleet(broker());
    await node("w", (method) => {
      if (method === "fail") throw new Error("on purpose");
      return null;
    });
    const seen: object[] = [];
    const call = { reply: true, limit: 1, onReply: (reply: object) => void seen.push(reply) };
    await client().broadcast("anything", call);
    await client().broadcast("fail", call);
    expect(seen).toEqual([{ w: null }, { w: { error: "on purpose" } }]);
  });

  it("settles when nobody is there, also when nobody ever declared the exchange", async () => {
    const { client } = fleet(broker());
    expect(await client().broadcast("ping")).toEqual([]);
    expect(await client().broadcast("ping", { reply: true, timeoutMs: 20 })).toEqual([]);
  });

  it("keeps the answers of calls under way at once apart", async () => {
    const { client, node } = fleet(broker());
    await node("w", (_method, args) => args);
    const asking = client();
    const ask = (n: number) => asking.broadcast("echo", { reply: true, limit: 1, arguments: { n } });
    const replies = await Promise.all([1, 2, 3, 4, 5].map(ask));
    expect(replies).toEqual([1, 2, 3, 4, 5].map((n) => [{ w: { n } }]));
  });

  it("ends the wait when it is aborted", async () => {
    const { client } = fleet(broker());
    const stop = new AbortController();
    const waiting = client().broadcast("ping", { reply: true, timeoutMs: 60_000, signal: stop.signal });
    stop.abort();
    expect(await waiting).toEqual([]);
  });

  it("logs what it cannot read, and goes on", async () => {
    const { client, node, connect } = fleet(broker());
    const { logger } = await node("w", () => "here");
    const producer = new Producer(connect());
    const { exchange } = mailbox();
    const send = (body: string, contentType = "application/json"): Promise<void> =>
      producer.publish(
        {
          body: Buffer.from(body),
          contentType,
          contentEncoding: "utf-8",
          headers: { clock: {} },
          properties: {},
        },
        { exchange: exchange.name, routingKey: "" },
        { declare: [exchange] },
      );
    await send("{");
    await send("[]");
    await send("{}", "application/x-python-serialize");
    await send('{"method": "x", "pattern": "(", "matcher": "pcre"}');
    await send('{"method": "x", "reply_to": {"exchange": "gone", "routing_key": "nobody"}}');
    expect(await client().broadcast("ping", { reply: true, limit: 1 })).toEqual([{ w: "here" }]);
    const unread = logger.lines.filter(({ message }) => message === "a command could not be read");
    expect(unread).toHaveLength(4);
  });

  it("leaves no reply queue behind", async () => {
    const { client, node, connect } = fleet(broker());
    await node("w", () => "here");
    const queues: string[] = [];
    class Watched extends Pidbox {
      override replyQueue(id: string): ReturnType<Pidbox["replyQueue"]> {
        const queue = super.replyQueue(id);
        queues.push(queue.name);
        return queue;
      }
    }
    const asking = client(new Watched(mailbox().options));
    await using channel = await (await connect().connect()).openChannel();
    const messages: number[] = [];
    await asking.broadcast("ping", {
      reply: true,
      limit: 1,
      onReply: () => void channel.queueInfo(queues[0] ?? "").then((info) => messages.push(info.messages)),
    });
    await asking.close();
    expect([queues.length, messages]).toEqual([1, [0]]);
    await expect(channel.queueInfo(queues[0] ?? "")).rejects.toMatchObject({ code: "ERR_Q_QUEUE_NOT_FOUND" });
  });
});
