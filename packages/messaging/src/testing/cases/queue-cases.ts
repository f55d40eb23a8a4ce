import assert from "node:assert/strict";
import { Exchange } from "../../entities/exchange.ts";
import { Queue } from "../../entities/queue.ts";
import { eventually, Inbox } from "../inbox.ts";
import type { ContractCase, OpenTransport } from "../transport-harness.ts";
import { declareAll, textMessage, toQueue, Workbench } from "../workbench.ts";

const code =
  (expected: string) =>
  (error: unknown): boolean =>
    (error as { code?: unknown }).code === expected;

/** Queues as entities: declaring, looking, emptying, removing. */
export const queueCases: readonly ContractCase<OpenTransport>[] = [
  {
    title: "counts the waiting messages of a queue, and not those that a consumer owns",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c");
      assert.equal((await bench.channel.queueInfo(queue)).name, queue);
      assert.equal(await bench.waiting(queue), 3);
      await using inbox = new Inbox(await bench.otherChannel(), [queue], { prefetch: 2 });
      await inbox.waitFor(2);
      await eventually("1 waiting message", async () => (await bench.waiting(queue)) === 1);
    },
  },
  {
    title: "knows nothing of a queue that was never declared",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const name = bench.harness.uniqueName("missing");
      await assert.rejects(bench.channel.queueInfo(name), code("ERR_Q_QUEUE_NOT_FOUND"));
      assert.equal(await bench.channel.purge(name), 0);
      await bench.channel.delete(new Queue(name));
      await bench.channel.delete(new Exchange(name));
    },
  },
  {
    title: "is usable after a publish to a queue that does not exist, which may be refused as PublishError",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const missing = toQueue(bench.harness.uniqueName("missing"));
      const outcome = await bench.channel.publish(textMessage("x"), missing).then(
        () => "accepted",
        (error: unknown) => error,
      );
      if (outcome !== "accepted")
        assert.ok(code("ERR_Q_PUBLISH")(outcome), `refused with ${String(outcome)}`);
      const queue = await bench.queue();
      await bench.send(queue, "y");
      assert.equal(await bench.waiting(queue), 1);
      await bench.channel.delete(new Queue(missing.routingKey));
    },
  },
  {
    title: "purges the waiting messages and tells how many there were",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c");
      assert.equal(await bench.channel.purge(queue), 3);
      assert.equal(await bench.waiting(queue), 0);
      assert.equal(await bench.channel.purge(queue), 0);
    },
  },
  {
    title: "declares again without any effect, also with other arguments",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const exchange = new Exchange(bench.harness.uniqueName("exchange"));
      const name = bench.harness.uniqueName("queue");
      const queue = new Queue(name, { exchange, routingKey: "key" });
      await declareAll(bench.channel, queue);
      await bench.send(name, "x");
      await declareAll(bench.channel, queue);
      await declareAll(
        await bench.otherChannel(),
        new Queue(name, { exchange, routingKey: "key", messageTtl: 600 }),
      );
      assert.equal(await bench.waiting(name), 1);
      await bench.channel.publish(textMessage("once"), { exchange: exchange.name, routingKey: "key" });
      assert.equal(await bench.waiting(name), 2);
    },
  },
  {
    title: "removes a queue with its messages and bindings",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const exchange = new Exchange(bench.harness.uniqueName("exchange"));
      const queue = new Queue(bench.harness.uniqueName("queue"), { exchange, routingKey: "key" });
      await declareAll(bench.channel, queue);
      await bench.send(queue.name, "x");
      await bench.channel.delete(queue);
      await assert.rejects(bench.channel.queueInfo(queue.name), code("ERR_Q_QUEUE_NOT_FOUND"));
      await bench.channel.declare(queue);
      await bench.channel.publish(textMessage("unbound"), { exchange: exchange.name, routingKey: "key" });
      assert.equal(await bench.waiting(queue.name), 0);
    },
  },
  {
    title: "drops a message that waited longer than the queue's message TTL",
    needs: ["messageTtl"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue({ messageTtl: 0.1 });
      await bench.send(queue, "x");
      await eventually("the message to expire", async () => (await bench.waiting(queue)) === 0);
      await using inbox = new Inbox(bench.channel, [queue]);
      await inbox.expectOnly(0);
    },
  },
  {
    title: "drops a message that waited longer than its own expiration, and keeps the others",
    needs: ["messageTtl"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      const short = textMessage("short", { properties: { deliveryMode: 2, expiration: "100" } });
      await bench.channel.publish(short, toQueue(queue));
      await bench.send(queue, "long");
      await eventually("one message to expire", async () => (await bench.waiting(queue)) === 1);
      await using inbox = new Inbox(bench.channel, [queue]);
      await inbox.expectOnly(1);
      assert.deepEqual(inbox.bodies, ["long"]);
    },
  },
  {
    title: "sends rejected messages to the dead-letter exchange",
    needs: ["deadLetter"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const grave = await bench.queue();
      const queue = await bench.queue({
        arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": grave },
      });
      await bench.send(queue, "x");
      await using inbox = new Inbox(bench.channel, [queue], { settle: "reject" });
      await inbox.waitFor(1);
      await using dead = new Inbox(await bench.otherChannel(), [grave], { settle: "ack" });
      const [delivery] = await dead.waitFor(1);
      assert.equal(delivery?.message.body.toString(), "x");
      assert.ok(Array.isArray(delivery.message.headers["x-death"]), "a dead letter tells its history");
    },
  },
  {
    title: "sends expired messages to the dead-letter exchange",
    needs: ["deadLetter", "messageTtl"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const grave = await bench.queue();
      const queue = await bench.queue({
        messageTtl: 0.1,
        arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": grave },
      });
      await using dead = new Inbox(bench.channel, [grave], { settle: "ack" });
      await bench.send(queue, "x");
      await dead.waitFor(1);
      assert.deepEqual(dead.bodies, ["x"]);
    },
  },
];
