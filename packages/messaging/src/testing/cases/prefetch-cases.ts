import assert from "node:assert/strict";
import type { Delivery } from "../../contracts.ts";
import { Inbox } from "../inbox.ts";
import type { ContractCase, OpenTransport } from "../transport-harness.ts";
import { Workbench } from "../workbench.ts";

const ten = Array.from({ length: 10 }, (_, n) => `m${n}`);

/** The prefetch window: how many deliveries are unsettled at once. */
export const prefetchCases: readonly ContractCase<OpenTransport>[] = [
  {
    title: "never has more unsettled deliveries than the prefetch, and goes on as they are settled",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...ten);
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 3 });
      await inbox.expectOnly(3);
      bench.channel.settle(inbox.deliveries[1] as Delivery, "ack");
      await inbox.expectOnly(4);
      bench.channel.settle(inbox.deliveries[0] as Delivery, "reject");
      bench.channel.settle(inbox.deliveries[2] as Delivery, "ack");
      await inbox.expectOnly(6);
      assert.deepEqual(inbox.bodies, ten.slice(0, 6));
    },
  },
  {
    title: "has no limit with prefetch Infinity",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...ten);
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: Infinity });
      await inbox.waitFor(10);
    },
  },
  {
    title: "takes nothing with prefetch 0 until it is raised",
    needs: ["exactPrefetch"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...ten);
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 0 });
      await inbox.expectOnly(0);
      bench.channel.setPrefetch(3);
      await inbox.expectOnly(3);
    },
  },
  {
    title: "delivers more as soon as the prefetch is raised",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...ten);
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 2 });
      await inbox.expectOnly(2);
      bench.channel.setPrefetch(5);
      await inbox.expectOnly(5);
    },
  },
  {
    title: "keeps a lowered prefetch once enough is settled",
    needs: ["exactPrefetch"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...ten);
      await using inbox = new Inbox(bench.channel, [queue], { prefetch: 4 });
      await inbox.expectOnly(4);
      bench.channel.setPrefetch(2);
      for (const n of [0, 1]) bench.channel.settle(inbox.deliveries[n] as Delivery, "ack");
      await inbox.expectOnly(4);
      bench.channel.settle(inbox.deliveries[2] as Delivery, "ack");
      await inbox.expectOnly(5);
    },
  },
  {
    title: "counts what an earlier iteration of the channel left unsettled",
    needs: ["exactPrefetch"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      await bench.send(queue, ...ten);
      await using first = new Inbox(bench.channel, [queue], { prefetch: 2 });
      await first.waitFor(2);
      await first.stop();
      await using second = new Inbox(bench.channel, [queue], { prefetch: 3 });
      await second.expectOnly(1);
    },
  },
];
