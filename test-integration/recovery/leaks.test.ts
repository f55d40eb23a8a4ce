import { readdirSync, readFileSync } from "node:fs";
import { createApp } from "@q/core";
import { type Cancel, type Clock, systemClock } from "@q/kernel";
import { Connection, Consumer, Queue } from "@q/messaging";
import { expect, it } from "vitest";
import { openLedger, requires, startProxy, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";
import { brokers } from "./brokers.ts";

// The worker waits up to 3 s before each.
const reconnects = process.env["Q_TEST_FULL"] === "1" ? 40 : 3;

/** Counts what is scheduled and neither fired nor cancelled: timers that Node itself does not list. */
class CountingClock implements Clock {
  pending = 0;

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  schedule(delayMs: number, run: () => void): Cancel {
    let isPending = true;
    this.pending++;
    const done = (): void => {
      if (isPending) this.pending--;
      isPending = false;
    };
    const cancel = systemClock.schedule(delayMs, () => {
      done();
      run();
    });
    return () => {
      done();
      cancel();
    };
  }
}

/** Open files and sockets, and resident memory, of another process; Linux only. */
function footprint(pid: number): { descriptors: number; threads: number; rssBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: read("Threads"),
    rssBytes: read("VmRSS") * 1024,
  };
}

for (const broker of brokers.filter(({ name }) => name !== "SQLite" && process.platform === "linux")) {
  requires(...broker.needs)(`A worker that has reconnected ${reconnects} times, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    it("holds no more sockets, threads, listeners or memory than before", async () => {
      const { url, settings } = opened();
      await using proxy = await startProxy({ target: url });
      await using ledger = await openLedger();
      await using app = createApp("client", { broker: url, taskIgnoreResult: true, ...settings });
      const quick = { ...settings, brokerConnectionMaxRetries: null };
      await using worker = await qWorker({
        app: "recovery/app.mjs",
        broker: proxy.urlOf(url),
        settings: quick,
        ledger: ledger.path,
      });
      const runs = async (): Promise<void> => {
        const { id } = await app.sendTask("recovery.late", [0]);
        await waitUntil(async () => (await ledger.read()).ends.has(id), {
          what: "a task to run",
        });
      };
      const reconnect = async (): Promise<void> => {
        const from = worker.lines.length;
        proxy.cut();
        await worker.waitFor(/trying again/, { from });
        await runs();
      };
      // What is made once, such as the thread of the leases, is there after the first ones.
      for (let nth = 0; nth < 3; nth++) await reconnect();
      const before = footprint(worker.pid);
      const links = proxy.open;
      for (let nth = 0; nth < reconnects; nth++) await reconnect();
      const now = () => footprint(worker.pid).descriptors;
      await waitUntil(now, {
        accept: (count) => count <= before.descriptors,
        what: `${before.descriptors} descriptors`,
      });
      const after = footprint(worker.pid);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(after.rssBytes).toBeLessThan(before.rssBytes + 40 * 1024 * 1024);
      expect(proxy.open).toBeLessThanOrEqual(links);
      // Node warns about the eleventh listener of an event, and about promises that nobody has looked at.
      expect(worker.lines.filter((line) => /MaxListeners|unhandled|Warning/i.test(line))).toEqual([]);
      expect(await worker.stop()).toEqual({ code: 0, signal: null });
    }, 600_000);
  });
}

/** A session may be counted before all of its sockets are up; a leak of one per reconnect would be 200. */
const SLACK = 10;

for (const broker of brokers.filter(({ name }) => name !== "SQLite")) {
  requires(...broker.needs)(`A consumer that has reconnected 200 times, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    it("holds no more timers, sockets and connections than before", async () => {
      const { url, settings } = opened();
      const clock = new CountingClock();
      await using proxy = await startProxy({ target: url });
      await using connection = new Connection(proxy.urlOf(url), {
        transportOptions: settings.brokerTransportOptions ?? {},
        clock,
      });
      let ups = 0;
      await using consumer = new Consumer(connection, {
        queues: [new Queue("reconnecting")],
        prefetch: 10,
        onBatch: (batch) => batch.forEach((delivery) => consumer.settle(delivery, "ack")),
        onUp: () => void ups++,
        retryPolicy: { maxRetries: null, intervalStart: 0, intervalStep: 0, intervalMax: 0 },
        watchdog: { hasFreeSlots: () => true },
        clock,
      });
      await consumer.start();
      const reconnect = async (times: number): Promise<void> => {
        for (const end = ups + times; ups < end;) {
          const before = ups;
          proxy.cut();
          await waitUntil(() => ups > before, { what: "the consumer to be up again" });
        }
      };
      const resources = (): Record<string, number> => {
        const counts: Record<string, number> = { timers: clock.pending, links: proxy.open };
        for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
        return counts;
      };
      await reconnect(5);
      const before = resources();
      await reconnect(200);
      const grown = (): string[] =>
        Object.entries(resources()).flatMap(([kind, count]) =>
          count > (before[kind] ?? 0) + SLACK ? `${kind}: ${count}` : [],
        );
      await waitUntil(grown, {
        accept: (kinds) => kinds.length === 0,
        what: `no more than ${JSON.stringify(before)}`,
      });
    });
  });
}

requires("redis")("What a worker leaves in Redis", () => {
  it("is the binding of its queue, the list of queues for late answers, and results with a lifetime", async () => {
    await using redis = await startRedis();
    await using proxy = await startProxy({ target: redis.url });
    await using ledger = await openLedger();
    await using app = createApp("client", { broker: redis.url, backend: redis.url });
    const brokerTransportOptions = { visibility_timeout: 2 };
    const settings = { taskIgnoreResult: false, resultBackend: redis.url, brokerTransportOptions };
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: proxy.url,
      settings,
      ledger: ledger.path,
    });
    const first = await Promise.all(Array.from({ length: 20 }, () => app.sendTask("recovery.late", [5])));
    await Promise.all(first.map((result) => result.get({ timeout: 20 })));
    proxy.cut();
    const second = await Promise.all(Array.from({ length: 20 }, () => app.sendTask("recovery.early", [5])));
    await Promise.all(second.map((result) => result.get({ timeout: 20 })));
    const client = redis.client();
    // What was being acknowledged at the cut is delivered again when its lease has run out.
    await waitUntil(async () => (await client.exists("unacked", "unacked_index", "celery")) === 0, {
      what: "all to be settled",
    });
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    await app.close();
    const keys = (await client.keys("*")).toSorted();
    const lifetimes = await Promise.all(keys.map((key) => client.ttl(key)));
    expect(keys.filter((_, index) => (lifetimes[index] ?? -1) < 0)).toEqual([
      "_kombu.binding.celery",
      "_q.owned-queues",
    ]);
    expect(keys.filter((key) => key.startsWith("celery-task-meta-"))).toHaveLength(40);
  });
});
