import assert from "node:assert/strict";
import { Inbox, quiet } from "../inbox.ts";
import type { ContractCase, OpenTransport } from "../transport-harness.ts";
import { textMessage, toQueue, Workbench } from "../workbench.ts";

const names = (count: number, prefix = "m"): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** How messages reach a consumer. */
export const deliveryCases: readonly ContractCase<OpenTransport>[] = [
  {
    title: "delivers messages of one queue in the order of publishing",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      for (const name of names(5)) await bench.send(queue, name);
      await using inbox = new Inbox(bench.channel, [queue]);
      await inbox.waitFor(5);
      assert.deepEqual(inbox.bodies, names(5));
    },
  },
  {
    title: "keeps the order of publishes that were not awaited one by one",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...names(200));
      await using inbox = new Inbox(bench.channel, [queue]);
      await inbox.waitFor(200);
      assert.deepEqual(inbox.bodies, names(200));
    },
  },
  {
    title: "delivers to a consumer that was waiting before the publish",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await using inbox = new Inbox(bench.channel, [queue], { settle: "ack" });
      await quiet();
      await bench.send(queue, "one");
      await inbox.waitFor(1);
      await bench.send(queue, "two");
      await inbox.waitFor(2);
      assert.deepEqual(inbox.bodies, ["one", "two"]);
    },
  },
  {
    title: "tells queue, exchange and routing key of a delivery, and that it is the first",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      await using inbox = new Inbox(bench.channel, [queue]);
      const [delivery] = await inbox.waitFor(1);
      assert.equal(delivery?.queue, queue);
      assert.equal(delivery.exchange, "");
      assert.equal(delivery.routingKey, queue);
      assert.equal(delivery.redelivered, false);
      assert.equal(delivery.malformed, undefined);
      assert.ok(delivery.tag.length > 0, "a delivery has a tag");
    },
  },
  {
    title: "delivers each message once when two consumers share a queue",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await using one = new Inbox(bench.channel, [queue], { prefetch: 1, settle: "ack" });
      await using two = new Inbox(await bench.otherChannel(), [queue], { prefetch: 1, settle: "ack" });
      await quiet();
      await bench.send(queue, ...names(100));
      while (one.deliveries.length + two.deliveries.length < 100)
        await Promise.race([one.waitFor(one.deliveries.length + 1), two.waitFor(two.deliveries.length + 1)]);
      await quiet();
      assert.deepEqual([...one.bodies, ...two.bodies].sort(), names(100).sort());
    },
  },
  {
    title: "serves several queues in turn, so that a full one does not starve another",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queues = [await bench.queue(), await bench.queue()];
      for (const queue of queues) await bench.send(queue, ...names(100));
      await using inbox = new Inbox(bench.channel, queues, { prefetch: 1, settle: "ack" });
      await inbox.waitFor(200);
      // A broker begins with the first queue while it does not know yet of the second.
      const early = inbox.deliveries.slice(0, 100);
      for (const queue of queues) {
        const share = early.filter((delivery) => delivery.queue === queue).length;
        assert.ok(share >= 20, `one of two full queues got ${share} of the first 100 deliveries`);
      }
    },
  },
  {
    title: "needs no settlement with noAck: what was delivered is gone",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...names(3));
      const channel = await bench.otherChannel();
      await using inbox = new Inbox(channel, [queue], { noAck: true, prefetch: 1 });
      await inbox.waitFor(3);
      await inbox.stop();
      await channel[Symbol.asyncDispose]();
      assert.equal(await bench.waiting(queue), 0);
    },
  },
  {
    title: "carries 10,000 messages without losing, doubling or reordering one",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await using inbox = new Inbox(await bench.otherChannel(), [queue], { prefetch: 500, settle: "ack" });
      const expected = names(10_000);
      for (let at = 0; at < expected.length; at += 1000)
        await bench.send(queue, ...expected.slice(at, at + 1000));
      await inbox.waitFor(10_000);
      assert.deepEqual(inbox.bodies, expected);
    },
  },
  {
    title: "delivers what could not be read as malformed, and goes on with the next message",
    needs: ["injectRaw"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      const raw = Buffer.from("}{ not an envelope");
      await bench.harness.injectRaw?.(queue, raw);
      await bench.channel.publish(textMessage("fine"), toQueue(queue));
      await using inbox = new Inbox(bench.channel, [queue], { settle: "reject" });
      const [broken, fine] = await inbox.waitFor(2);
      assert.equal(broken?.malformed?.code, "ERR_Q_MALFORMED_MESSAGE");
      assert.deepEqual(broken.message.body, raw);
      assert.equal(fine?.malformed, undefined);
      assert.equal(fine?.message.body.toString(), "fine");
      assert.equal(await bench.waiting(queue), 0);
    },
  },
];
