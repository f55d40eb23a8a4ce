import { expect, it } from "vitest";
import { Connection } from "./connection/connection.ts";
import { Queue } from "./entities/queue.ts";
import { consumeMessages } from "./message-stream.ts";
import { Producer } from "./producer.ts";
import { textMessage } from "./testing/scripted-transport.ts";

/** A queue in a memory broker of its own that holds these messages. */
async function filled(...bodies: string[]) {
  const connection = new Connection(`memory://${crypto.randomUUID()}`);
  const queue = new Queue("q");
  const producer = new Producer(connection);
  for (const body of bodies) {
    await producer.publish(textMessage(body), { exchange: "", routingKey: "q" }, { declare: [queue] });
  }
  return { connection, queue, [Symbol.asyncDispose]: () => connection.close() };
}

it("yields messages in order, each to be ended once", async () => {
  await using q = await filled("1", "2", "3");
  const seen: string[] = [];
  for await (const received of consumeMessages(q.connection, q.queue)) {
    received.ack();
    expect(() => received.reject()).toThrow(expect.objectContaining({ code: "ERR_Q_MESSAGE_STATE" }));
    expect(received.state).toBe("ack");
    if (seen.push(String(received.message.body)) === 3) break;
  }
  expect(seen).toEqual(["1", "2", "3"]);
  const channel = await (await q.connection.connect()).openChannel();
  expect((await channel.queueInfo("q")).messages).toBe(0);
});

it("gives back what was not ended when the loop is left", async () => {
  await using q = await filled("1", "2");
  for await (const _ of consumeMessages(q.connection, q.queue, { prefetch: 2 })) break;
  const seen: [string, boolean][] = [];
  for await (const received of consumeMessages(q.connection, [q.queue])) {
    received.ack();
    if (seen.push([String(received.message.body), received.delivery.redelivered]) === 2) break;
  }
  expect(seen.map(([body]) => body)).toEqual(["1", "2"]);
  expect(seen[0]?.[1]).toBe(true);
});

it("delivers a requeued message again", async () => {
  await using q = await filled("1");
  let times = 0;
  for await (const received of consumeMessages(q.connection, q.queue)) {
    if (++times === 2) {
      received.ack();
      break;
    }
    received.requeue();
  }
  expect(times).toBe(2);
});

it("ends normally when the signal aborts", async () => {
  await using q = await filled();
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  const seen: unknown[] = [];
  for await (const received of consumeMessages(q.connection, q.queue, { signal: controller.signal }))
    seen.push(received);
  expect(seen).toEqual([]);
});

it("throws what made the consumer give up", async () => {
  const messages = consumeMessages(new Connection("nowhere://"), new Queue("q"));
  await expect(messages.next()).rejects.toMatchObject({ code: "ERR_Q_UNKNOWN_TRANSPORT" });
});
