import { createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  openLedger,
  rabbitVhost,
  type Requirement,
  requires,
  startProxy,
  startRedis,
  waitUntil,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

/** A broker that can be ended. */
interface Node extends AsyncDisposable {
  readonly url: string;
  end(): Promise<void>;
}

const kinds: readonly { name: string; needs: Requirement; open: () => Promise<Node> }[] = [
  {
    name: "Redis",
    needs: "redis",
    async open() {
      const server = await startRedis();
      const dispose = (): Promise<void> => server[Symbol.asyncDispose]();
      return { url: server.url, end: () => server.kill(), [Symbol.asyncDispose]: dispose };
    },
  },
  {
    name: "RabbitMQ",
    needs: "rabbitmq",
    async open() {
      // A node takes long to start: an address behind which nobody is any more will do.
      const vhost = await rabbitVhost();
      const proxy = await startProxy({ target: vhost.url });
      return {
        url: proxy.urlOf(vhost.url),
        async end() {
          proxy.refuse();
          proxy.cut({ mode: "rst" });
        },
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await vhost[Symbol.asyncDispose]();
        },
      };
    },
  },
];

for (const { name, needs, open } of kinds) {
  requires(needs)(`Several brokers, on ${name}`, () => {
    it.concurrent("are used one after the other, by workers and by clients", async () => {
      await using first = await open();
      await using second = await open();
      await using ledger = await openLedger();
      const urls = [first.url, second.url];
      await using app = createApp("client", { broker: urls, taskIgnoreResult: true });
      await using worker = await qWorker({
        app: "recovery/app.mjs",
        broker: urls.join(";"),
        ledger: ledger.path,
        pool: "prefork",
        args: ["-c", "1"],
      });
      const runs = async (): Promise<void> => {
        const { id } = await app.sendTask("recovery.late", [0]);
        await waitUntil(async () => (await ledger.read()).ends.has(id), { what: `the end of ${id}` });
      };
      await runs();

      await first.end();
      await runs();
      await runs();

      expect(worker.isRunning).toBe(true);
      expect((await app.connectionForWrite()).asUri()).toBe(second.url.replace(":guest@", ":**@"));
    });

    it.concurrent.each(["round-robin", "shuffle"] as const)(
      "are tried until one answers, %s",
      async (brokerFailoverStrategy) => {
        await using first = await open();
        await using second = await open();
        await using third = await open();
        await using ledger = await openLedger();
        await Promise.all([first.end(), second.end()]);
        const settings = { brokerFailoverStrategy };
        const broker = [first.url, second.url, third.url];
        await using app = createApp("client", { broker, taskIgnoreResult: true, ...settings });
        await using _worker = await qWorker({
          app: "recovery/app.mjs",
          broker: broker.join(";"),
          settings,
          ledger: ledger.path,
        });
        const { id } = await app.sendTask("recovery.late", [0]);
        await waitUntil(async () => (await ledger.read()).ends.has(id));
      },
    );
  });
}
