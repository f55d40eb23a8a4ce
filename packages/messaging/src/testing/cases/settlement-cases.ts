import assert from "node:assert/strict";
import type { Delivery } from "../../contracts.ts";
import { eventually, Inbox, quiet } from "../inbox.ts";
import type { ContractCase, OpenTransport } from "../transport-harness.ts";
import { Workbench } from "../workbench.ts";

/** Ownership of deliveries: acknowledgement, rejection, giving back. */
export const settlementCases: readonly ContractCase<OpenTransport>[] = [
  {
    title: "forgets an acknowledged message",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      await using inbox = new Inbox(bench.channel, [queue], { settle: "ack" });
      await inbox.waitFor(1);
      await inbox.stop();
      await bench.channel.flush();
      await bench.channel[Symbol.asyncDispose]();
      await using rest = new Inbox(await bench.otherChannel(), [queue]);
      await rest.expectOnly(0);
    },
  },
  {
    title: "drops a rejected message",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      await using inbox = new Inbox(bench.channel, [queue], { settle: "reject" });
      await inbox.expectOnly(1);
      assert.equal(await bench.waiting(queue), 0);
    },
  },
  {
    title: "delivers a requeued message again, marked as redelivered",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      await using inbox = new Inbox(bench.channel, [queue]);
      const [first] = await inbox.waitFor(1);
      bench.channel.settle(first as Delivery, "requeue");
      const [, second] = await inbox.waitFor(2);
      assert.equal(second?.redelivered, true);
      assert.equal(second.message.body.toString(), "x");
      bench.channel.settle(second, "ack");
      assert.equal(await bench.waiting(queue), 0);
    },
  },
  {
    title: "returns messages as if they had not been delivered, before those that came later",
    needs: ["returnsUnmarked"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c", "d");
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 3 });
      const [a, b, c] = (await inbox.waitFor(3)) as [Delivery, Delivery, Delivery];
      await inbox.stop();
      bench.channel.settle(a, "ack");
      bench.channel.settle(b, "return");
      bench.channel.settle(c, "return");
      await bench.channel.flush();
      assert.equal(await bench.waiting(queue), 3);
      await using other = new Inbox(await bench.otherChannel(), [queue]);
      const again = await other.waitFor(3);
      assert.deepEqual(other.bodies, ["b", "c", "d"]);
      for (const delivery of again) {
        assert.equal(delivery.redelivered, false);
        assert.ok(delivery.deliveryCount === undefined || delivery.deliveryCount === 0);
      }
    },
  },
  {
    title: "gives a returned message to a consumer that waits",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      const leaving = await bench.otherChannel();
      await using inbox = new Inbox(leaving, [queue], { prefetch: 1 });
      const [x] = await inbox.waitFor(1);
      await inbox.stop();
      await using other = new Inbox(bench.channel, [queue], { settle: "ack" });
      await quiet();
      leaving.settle(x as Delivery, "return");
      await other.waitFor(1);
      assert.deepEqual(other.bodies, ["x"]);
    },
  },
  {
    title: "counts earlier deliveries",
    needs: ["deliveryCount"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 1 });
      for (const count of [0, 1, 2]) {
        const delivery = (await inbox.waitFor(count + 1))[count] as Delivery;
        assert.equal(delivery.deliveryCount, count);
        bench.channel.settle(delivery, "requeue");
      }
    },
  },
  {
    title: "ignores the second settlement of a delivery",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b");
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 2 });
      const [a, b] = await inbox.waitFor(2);
      bench.channel.settle(a as Delivery, "ack");
      bench.channel.settle(a as Delivery, "requeue");
      bench.channel.settle(a as Delivery, "ack");
      bench.channel.settle(b as Delivery, "ack");
      await bench.channel.flush();
      await inbox.expectOnly(2);
      await bench.send(queue, "c");
      await inbox.expectOnly(3);
      assert.deepEqual(inbox.bodies, ["a", "b", "c"]);
    },
  },
  {
    title: "has applied every earlier settlement when flush resolves",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c");
      await using inbox = new Inbox(bench.channel, [queue]);
      const deliveries = [...(await inbox.waitFor(3))];
      await inbox.stop();
      for (const delivery of deliveries) bench.channel.settle(delivery, "requeue");
      await bench.channel.flush();
      assert.equal((await bench.channel.queueInfo(queue)).messages, 3);
    },
  },
  {
    title: "ends the iteration normally on abort, and lets the deliveries handed out be settled afterwards",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b");
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 2 });
      const [a, b] = await inbox.waitFor(2);
      await inbox.stop();
      await quiet();
      assert.equal(await bench.waiting(queue), 0, "an ended iteration keeps what it handed out");
      bench.channel.settle(a as Delivery, "ack");
      bench.channel.settle(b as Delivery, "requeue");
      assert.equal(await bench.waiting(queue), 1);
    },
  },
  {
    title: "ends a waiting iteration on abort, and at once when the signal has aborted before",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await using inbox = new Inbox(bench.channel, [queue]);
      await quiet();
      await inbox.stop();
      for await (const batch of bench.channel.consume([queue], {
        prefetch: Infinity,
        signal: AbortSignal.abort(),
      })) {
        assert.fail(`got ${batch.length} deliveries after the abort`);
      }
    },
  },
  {
    title:
      "consumes again on the same channel after an iteration has ended, without losing what came between",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c");
      await using first = new Inbox(bench.channel, [queue], { prefetch: 1 });
      const [a] = await first.waitFor(1);
      await first.stop();
      bench.channel.settle(a as Delivery, "ack");
      await bench.send(queue, "d");
      await using second = new Inbox(bench.channel, [queue], { settle: "ack" });
      await second.expectOnly(3);
      assert.deepEqual(second.bodies, ["b", "c", "d"]);
    },
  },
  {
    title: "gives unsettled messages back in their old order, marked as redelivered, when its channel closes",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c", "d");
      const leaving = await bench.otherChannel();
      await using inbox = new Inbox(leaving, [queue], { prefetch: 3 });
      await inbox.waitFor(3);
      leaving.settle(inbox.deliveries[1] as Delivery, "ack");
      await inbox.stop();
      await leaving[Symbol.asyncDispose]();
      await eventually(
        "the messages of the closed channel to be back",
        async () => (await bench.waiting(queue)) === 3,
      );
      await using rest = new Inbox(bench.channel, [queue]);
      await rest.waitFor(3);
      assert.deepEqual(rest.bodies, ["a", "c", "d"]);
      assert.deepEqual([rest.deliveries[0]?.redelivered, rest.deliveries[1]?.redelivered], [true, true]);
    },
  },
  {
    title: "ends a running iteration normally when its channel closes; settling and closing again do nothing",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a");
      const leaving = await bench.otherChannel();
      await using inbox = new Inbox(leaving, [queue]);
      const [delivery] = await inbox.waitFor(1);
      await leaving[Symbol.asyncDispose]();
      assert.equal(await inbox.ended(), undefined);
      leaving.settle(delivery as Delivery, "ack");
      await leaving[Symbol.asyncDispose]();
      await eventually("the message to be back", async () => (await bench.waiting(queue)) === 1);
    },
  },
];
