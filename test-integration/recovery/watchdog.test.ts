import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, rabbitVhost, requires, startProxy, startRedis, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const settings = { brokerTransportOptions: { visibility_timeout: 2, socket_timeout: 2 } };

requires("redis")("A consumer that has gone silent, on Redis", () => {
  const open = async () => {
    const redis = await startRedis();
    const ledger = await openLedger();
    const app = createApp("client", { broker: redis.url, taskIgnoreResult: true, ...settings });
    const dispose = async (): Promise<void> => {
      await app.close();
      await ledger[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    };
    /** Well before the watchdog, which looks after 30 s. */
    const runsSoon = async (): Promise<void> => {
      const { id } = await app.sendTask("recovery.late", [0]);
      const ended = async (): Promise<boolean> => (await ledger.read()).ends.has(id);
      await waitUntil(ended, { timeoutMs: 15_000, what: "the next task to run" });
    };
    return { redis, ledger, runsSoon, [Symbol.asyncDispose]: dispose };
  };

  it.concurrent("is rebuilt whichever of its connections the server closes", async () => {
    await using set = await open();
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: set.redis.url,
      settings,
      ledger: set.ledger.path,
    });
    await set.runsSoon();
    const client = set.redis.client();
    const own = String(await client.client("ID"));
    const connections = async (): Promise<string[]> => {
      const list = String(await client.client("LIST", "TYPE", "NORMAL"))
        .trim()
        .split("\n");
      return list
        .map((line) => /^id=(\d+) .* name=(\S*)/.exec(line)?.slice(1) ?? [])
        .flatMap(([id = "", name = ""]) => (id !== own && name !== "" ? [id] : []));
    };
    const count = (await connections()).length;
    expect(count).toBeGreaterThan(1);
    for (let nth = 0; nth < count; nth++) {
      const ids = await connections();
      await client.client("KILL", "ID", ids[nth % ids.length] ?? "");
      await set.runsSoon();
    }
    expect(worker.isRunning).toBe(true);
  });

  it.concurrent("goes on after the server has stood still", async () => {
    await using set = await open();
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: set.redis.url,
      settings,
      ledger: set.ledger.path,
    });
    await set.runsSoon();
    await set.redis.client().client("PAUSE", 3000, "ALL");
    await set.runsSoon();
    set.redis.freeze();
    await worker.waitFor(/trying again/, { timeoutMs: 60_000 });
    set.redis.thaw();
    await set.runsSoon();
  });

  it.concurrent("is rebuilt when its connection swallows everything while it waits for work", async () => {
    await using set = await open();
    await using proxy = await startProxy({ target: set.redis.url });
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: proxy.url,
      settings,
      ledger: set.ledger.path,
    });
    await set.runsSoon();
    const from = worker.lines.length;
    proxy.blackhole();
    await worker.waitFor(/trying again/, { from, timeoutMs: 40_000 });
    proxy.cut();
    proxy.heal();
    await set.runsSoon();
  });

  it.concurrent("loses nothing that was confirmed when the server restarts with its data", async () => {
    await using redis = await startRedis({ appendOnly: "always" });
    await using ledger = await openLedger();
    await using app = createApp("client", { broker: redis.url, taskIgnoreResult: true, ...settings });
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: redis.url,
      settings,
      ledger: ledger.path,
      args: ["-c", "2"],
    });
    const results = await Promise.all(Array.from({ length: 60 }, () => app.sendTask("recovery.late", [20])));
    const ids = results.map(({ id }) => id);
    for (const [signal, due] of [
      ["SIGKILL", 10],
      ["SIGTERM", 30],
    ] as const) {
      await waitUntil(async () => (await ledger.read()).ends.size >= due);
      await redis.restart(signal);
    }
    const lost = async (): Promise<unknown[]> => (await ledger.read()).lost(ids);
    await waitUntil(lost, {
      accept: (left) => left.length === 0,
      what: "all tasks to end",
    });
    expect(worker.isRunning).toBe(true);
    // Two slots, two restarts: what ran, and what had ended without its acknowledgement being on disk.
    expect((await ledger.read()).duplicates().size).toBeLessThanOrEqual(8);
  });
});

requires("rabbitmq")("A consumer that has gone silent, on RabbitMQ without heartbeats", () => {
  // The watchdog of the worker looks after 30 s of silence.
  it.runIf(process.env["Q_TEST_FULL"] === "1")(
    "is rebuilt by the watchdog, on another node",
    async () => {
      await using vhost = await rabbitVhost();
      await using ledger = await openLedger();
      await using first = await startProxy({ target: vhost.url });
      await using second = await startProxy({ target: vhost.url });
      await using app = createApp("client", { broker: vhost.url, taskIgnoreResult: true });
      const broker = [first, second].map((proxy) => proxy.urlOf(vhost.url)).join(";");
      const noHeartbeat = { brokerHeartbeat: 0 };
      await using worker = await qWorker({
        app: "recovery/app.mjs",
        broker,
        settings: noHeartbeat,
        ledger: ledger.path,
      });
      first.blackhole();
      await worker.waitFor(/ERR_Q_CONSUMER_STALLED/, { timeoutMs: 60_000 });
      // The broker, without heartbeats, believes in the dead connection and goes on giving it its share.
      const sent = await Promise.all(Array.from({ length: 6 }, () => app.sendTask("recovery.late", [0])));
      const lost = async (): Promise<number> => (await ledger.read()).lost(sent.map(({ id }) => id)).length;
      await waitUntil(lost, {
        accept: (left) => left < 6,
        what: "the other share to run",
      });
      first.cut();
      first.heal();
      await waitUntil(lost, { accept: (left) => left === 0, what: "all tasks to run" });
      expect(second.open).toBeGreaterThan(0);
    },
    120_000,
  );
});
