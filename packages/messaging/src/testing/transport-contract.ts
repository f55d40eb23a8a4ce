import assert from "node:assert/strict";
import { eventually, Inbox, quiet } from "./inbox.ts";
import type { ContractCase, OpenTransport } from "./transport-harness.ts";
import { Workbench } from "./workbench.ts";

/** What every `Transport` and its connections promise, as cases for any test runner. */
export const transportContract: readonly ContractCase<OpenTransport>[] = [
  {
    title: "shares one broker between connections",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await using inbox = new Inbox(await bench.otherChannel(), [queue], { settle: "ack" });
      await bench.send(queue, "a", "b");
      await inbox.waitFor(2);
      assert.deepEqual(inbox.bodies, ["a", "b"]);
    },
  },
  {
    title: "keeps queues and messages when the connection that made them closes",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      const other = await bench.otherChannel();
      await bench.connection[Symbol.asyncDispose]();
      await using inbox = new Inbox(other, [queue], { settle: "ack" });
      await inbox.waitFor(1);
      assert.deepEqual(inbox.bodies, ["x"]);
    },
  },
  {
    title: "gives the unsettled messages of all its channels back when a connection closes",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, "a", "b", "c");
      const leaving = await bench.harness.connect();
      await using one = new Inbox(await leaving.openChannel(), [queue], { prefetch: 1 });
      await one.waitFor(1);
      await using two = new Inbox(await leaving.openChannel(), [queue], { prefetch: 1 });
      await two.waitFor(1);
      await leaving[Symbol.asyncDispose]();
      assert.deepEqual([await one.ended(), await two.ended()], [undefined, undefined]);
      await eventually("three waiting messages", async () => (await bench.waiting(queue)) === 3);
      await using rest = new Inbox(bench.channel, [queue], { settle: "ack" });
      await rest.waitFor(3);
      assert.deepEqual(rest.bodies.toSorted(), ["a", "b", "c"]);
    },
  },
  {
    title: "lets the other channels go on when one closes",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      const closing = await bench.connection.openChannel();
      await using inbox = new Inbox(bench.channel, [queue], { settle: "ack" });
      await closing[Symbol.asyncDispose]();
      await bench.send(queue, "x");
      await inbox.waitFor(1);
    },
  },
  {
    title: "closes twice without an error, refuses new channels then, and does not call that lost",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const connection = await bench.harness.connect();
      await connection[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
      await assert.rejects(connection.openChannel());
      assert.equal(await Promise.race([connection.lost, quiet()]), undefined);
    },
  },
  {
    title: "connects again after every connection was closed",
    needs: ["durable"],
    run: async (open) => {
      const harness = await open();
      await using bench = await Workbench.open(async () => harness);
      const queue = await bench.queue();
      await bench.send(queue, "x");
      await bench.connection[Symbol.asyncDispose]();
      await using inbox = new Inbox(await bench.otherChannel(), [queue], { settle: "ack" });
      await inbox.waitFor(1);
      assert.deepEqual(inbox.bodies, ["x"]);
    },
  },
];
