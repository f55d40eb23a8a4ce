import assert from "node:assert/strict";
import type { Channel } from "../../contracts.ts";
import { Binding } from "../../entities/binding.ts";
import { Broadcast } from "../../entities/broadcast.ts";
import { Exchange } from "../../entities/exchange.ts";
import { Queue } from "../../entities/queue.ts";
import { eventually, Inbox } from "../inbox.ts";
import type { ContractCase, OpenTransport } from "../transport-harness.ts";
import { declareAll, textMessage, toQueue, Workbench } from "../workbench.ts";

async function publish(
  channel: Channel,
  exchange: Exchange,
  ...routingKeys: readonly string[]
): Promise<void> {
  for (const routingKey of routingKeys) {
    await channel.publish(textMessage(routingKey), { exchange: exchange.name, routingKey });
  }
}

async function bodiesOf(channel: Channel, queue: string, count: number): Promise<string[]> {
  await using inbox = new Inbox(channel, [queue], { settle: "ack" });
  await inbox.expectOnly(count);
  return inbox.bodies;
}

/** From an exchange to the queues. */
export const routingCases: readonly ContractCase<OpenTransport>[] = [
  {
    title: "routes by the exact key on a direct exchange, and drops what nobody wants",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const exchange = new Exchange(bench.harness.uniqueName("direct"));
      const bindings = [{ exchange, routingKey: "blue" }];
      const one = await bench.queue({ exchange, routingKey: "red", bindings });
      const two = await bench.queue({ exchange, routingKey: "red" });
      await publish(bench.channel, exchange, "red", "blue", "green");
      assert.deepEqual(await bodiesOf(bench.channel, one, 2), ["red", "blue"]);
      assert.deepEqual(await bodiesOf(bench.channel, two, 1), ["red"]);
    },
  },
  {
    title: "tells the exchange and the routing key a message was published with",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const exchange = new Exchange(bench.harness.uniqueName("direct"));
      const queue = await bench.queue({ exchange, routingKey: "red" });
      await publish(bench.channel, exchange, "red");
      await using inbox = new Inbox(bench.channel, [queue], { settle: "ack" });
      const [delivery] = await inbox.waitFor(1);
      assert.deepEqual([delivery?.exchange, delivery?.routingKey], [exchange.name, "red"]);
    },
  },
  {
    title: "stops routing when a binding is removed",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const exchange = new Exchange(bench.harness.uniqueName("direct"));
      const queue = await bench.queue({
        exchange,
        routingKey: "red",
        bindings: [{ exchange, routingKey: "blue" }],
      });
      await bench.channel.delete(new Binding(queue, exchange, { routingKey: "red" }));
      await publish(bench.channel, exchange, "red", "blue");
      assert.deepEqual(await bodiesOf(bench.channel, queue, 1), ["blue"]);
    },
  },
  {
    title: "routes by pattern on a topic exchange, once per queue",
    needs: ["topic"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const exchange = new Exchange(bench.harness.uniqueName("topic"), { type: "topic" });
      const bindings = [{ exchange, routingKey: "task.#" }];
      const all = await bench.queue({ exchange, routingKey: "#", bindings });
      const tasks = await bench.queue({ exchange, routingKey: "task.*" });
      const exact = await bench.queue({ exchange, routingKey: "worker.online" });
      await publish(bench.channel, exchange, "task.sent", "worker.online");
      assert.deepEqual(await bodiesOf(bench.channel, all, 2), ["task.sent", "worker.online"]);
      assert.deepEqual(await bodiesOf(bench.channel, tasks, 1), ["task.sent"]);
      assert.deepEqual(await bodiesOf(bench.channel, exact, 1), ["worker.online"]);
    },
  },
  {
    title: "gives every consumer of a fanout exchange its own copy",
    needs: ["fanout"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const name = bench.harness.uniqueName("fanout");
      const exchange = new Exchange(name, { type: "fanout" });
      // On some brokers nothing but a declaration tells a publisher that this is a fanout exchange.
      await bench.channel.declare(exchange);
      const inboxes: Inbox[] = [];
      for (const channel of [await bench.otherChannel(), await bench.otherChannel()]) {
        const queue = new Broadcast(name, { queue: bench.harness.uniqueName("bcast"), exchange });
        await declareAll(channel, queue);
        inboxes.push(new Inbox(channel, [queue.name], { settle: "ack" }));
      }
      // Where the broker keeps no types of exchanges, a publisher says what it publishes to.
      await bench.channel.declare(exchange);
      // Where fanout is publish/subscribe, what is sent before the subscription stands is missed.
      await eventually("both consumers to be subscribed", async () => {
        await publish(bench.channel, exchange, "");
        return inboxes.every((inbox) => inbox.deliveries.length > 0);
      });
      await bench.channel.publish(textMessage("news"), { exchange: name, routingKey: "" });
      const gotNews = async (): Promise<boolean> => inboxes.every(({ bodies }) => bodies.includes("news"));
      await eventually("both consumers to get the news", gotNews);
      for (const inbox of inboxes) {
        assert.equal(inbox.bodies.filter((body) => body === "news").length, 1);
        await inbox.stop();
      }
    },
  },
  {
    title: "serves the more urgent of waiting messages first, and equals in order",
    needs: ["priorities"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue({ maxPriority: 9 });
      for (const priority of [9, 0, 5, 0, 9]) {
        const body = `${priority}`;
        await bench.channel.publish(
          textMessage(body, { properties: { deliveryMode: 2, priority } }),
          toQueue(queue),
        );
      }
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 1, settle: "ack" });
      await inbox.waitFor(5);
      const lowFirst = ["0", "0", "5", "9", "9"];
      const isLowFirst = bench.harness.capabilities.priorities === "low-first";
      assert.deepEqual(inbox.bodies, isLowFirst ? lowFirst : lowFirst.toReversed());
    },
  },
  {
    title: "delivers to the queue named by the routing key through the default exchange, without a binding",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = new Queue(bench.harness.uniqueName("plain"));
      await bench.channel.declare(queue);
      await bench.send(queue.name, "x");
      assert.deepEqual(await bodiesOf(bench.channel, queue.name, 1), ["x"]);
    },
  },
];
