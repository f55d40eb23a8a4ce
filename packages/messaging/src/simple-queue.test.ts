import { expect, it } from "vitest";
import { Connection } from "./connection/connection.ts";
import { Producer } from "./producer.ts";
import { SimpleQueue, type SimpleQueueOptions } from "./simple-queue.ts";
import { textMessage } from "./testing/scripted-transport.ts";

function open(options?: SimpleQueueOptions) {
  const connection = new Connection(`memory://${crypto.randomUUID()}`);
  const queue = new SimpleQueue(connection, "values", options);
  const close = async (): Promise<void> => {
    await queue.close();
    await connection.close();
  };
  return { connection, queue, [Symbol.asyncDispose]: close };
}

it("gives values back in order", async () => {
  await using q = open();
  await q.queue.put({ n: 1 });
  await q.queue.put([2, "zwei"]);
  expect(await q.queue.size()).toBe(2);
  const first = await q.queue.get();
  first.message.ack();
  expect([first.payload, (await q.queue.get({ timeout: 5 })).payload]).toEqual([{ n: 1 }, [2, "zwei"]]);
});

it("waits for a value, and no longer than it is told to", async () => {
  await using q = open();
  await expect(q.queue.get({ timeout: 0.01 })).rejects.toMatchObject({ code: "ERR_Q_TIMEOUT" });
  expect(await q.queue.getNowait()).toBeUndefined();
  const waiting = q.queue.get();
  await q.queue.put("late");
  expect((await waiting).payload).toBe("late");
});

it("ends the wait with the reason of the signal", async () => {
  await using q = open();
  const reason = new Error("enough");
  await expect(q.queue.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

it("removes what waits", async () => {
  await using q = open();
  await q.queue.put(1);
  await q.queue.put(2);
  expect(await q.queue.clear()).toBe(2);
  expect(await q.queue.size()).toBe(0);
});

it("gives back what was not ended when it is closed", async () => {
  await using q = open();
  await q.queue.put(1);
  await q.queue.get();
  await q.queue.close();
  expect(await new SimpleQueue(q.connection, "values").size()).toBe(1);
});

it("reads what it has compressed", async () => {
  await using q = open({ compression: "gzip" });
  await q.queue.put("x".repeat(1000));
  expect((await q.queue.get()).payload).toBe("x".repeat(1000));
});

it("rejects a body that it cannot read and goes on with the next", async () => {
  await using q = open();
  const broken = { ...textMessage("{"), contentType: "application/json" };
  await q.queue.put("good");
  await new Producer(q.connection).publish(broken, { exchange: "", routingKey: "values" });
  await q.queue.put("better");
  const good = await q.queue.get();
  good.message.ack();
  await expect(q.queue.get()).rejects.toMatchObject({ code: "ERR_Q_DECODE" });
  expect((await q.queue.get()).payload).toBe("better");
});
