import { type App, createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  ChildProgram,
  type FaultProxy,
  type Ledger,
  openLedger,
  rabbitVhost,
  requires,
  seededRandom,
  startProxy,
  startRabbit,
  suiteResource,
  uniqueName,
  waitUntil,
} from "../harness/index.ts";
import { qWorker, type QWorkerOptions, startQWorker } from "../harness/q-worker.ts";
import { brokers } from "./brokers.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
const flaps = isFull ? 20 : 2;
/** What the project promises for the first new task after the broker is back, 5 s, and what a busy machine adds. */
const BACK_WITHIN_MS = 12_000;

/** Settings with which a silent connection is noticed within seconds. */
const impatient: Readonly<Record<string, Record<string, unknown>>> = {
  Redis: { brokerTransportOptions: { visibility_timeout: 2, socket_timeout: 1, health_check_interval: 1 } },
  RabbitMQ: { brokerHeartbeat: 2 },
};

for (const broker of brokers.filter(({ name }) => name in impatient)) {
  requires(...broker.needs)(`A worker whose broker goes away, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    /** A proxy that the worker shall go through, a client that goes around it, and the witness. */
    async function scene() {
      const { url } = opened();
      // A queue of its own, for the tests run side by side.
      const settings = { ...impatient[broker.name], taskDefaultQueue: uniqueName("outage") };
      const proxy = await startProxy({ target: url });
      const ledger = await openLedger();
      const app = createApp("client", { broker: url, taskIgnoreResult: true, ...settings });
      const worker: QWorkerOptions = {
        app: "recovery/app.mjs",
        broker: proxy.urlOf(url),
        settings,
        ledger: ledger.path,
        args: ["-c", "4"],
      };
      const dispose = async (): Promise<void> => {
        await app.close();
        await proxy[Symbol.asyncDispose]();
        await ledger[Symbol.asyncDispose]();
      };
      return { proxy, ledger, app, worker, [Symbol.asyncDispose]: dispose };
    }

    it.concurrent(
      "starts without it, goes on without it, and takes up work within 5 s when it is back",
      async () => {
        await using set = await scene();
        set.proxy.refuse();
        await using worker = startQWorker(set.worker);
        for (let outage = 1; outage <= 2; outage++) {
          const from = worker.lines.length;
          await worker.waitFor(/trying again/, { from: outage === 1 ? 0 : from, timeoutMs: 30_000 });
          await worker.waitFor(/trying again/, { from: worker.lines.length });
          await set.proxy.accept();
          await expectTaskSoon(set);
          expect(worker.isRunning).toBe(true);
          set.proxy.refuse();
          set.proxy.cut();
        }
      },
    );

    it.concurrent("notices a connection that is dead and says nothing", async () => {
      await using set = await scene();
      await using worker = await qWorker(set.worker);
      await expectTaskSoon(set);
      const from = worker.lines.length;
      set.proxy.blackhole();
      await worker.waitFor(/trying again/, { from });
      set.proxy.heal();
      await expectTaskSoon(set);
    });

    it.concurrent(
      `survives ${flaps} times two cuts within 3 s`,
      async () => {
        const random = seededRandom();
        await using set = await scene();
        await using worker = await qWorker(set.worker);
        await expectTaskSoon(set);
        const atFirst = set.proxy.open;
        for (let round = 1; round <= flaps; round++) {
          set.proxy.cut({ mode: random.pick(["rst", "fin"]) });
          const secondAt = performance.now() + random.int(0, 3000);
          await waitUntil(() => performance.now() >= secondAt);
          set.proxy.cut({ mode: random.pick(["rst", "fin"]) });
          await expectTaskSoon(set, `round ${round}, seed ${random.seed}`);
        }
        expect(worker.isRunning).toBe(true);
        // Every reconnect leaves as many connections as there were.
        await waitUntil(() => set.proxy.open <= atFirst, {
          what: `abandoned connections to be closed (${set.proxy.open})`,
        });
      },
      240_000,
    );

    it.concurrent("runs a task whose delivery was cut off on its way", async () => {
      await using set = await scene();
      await using _worker = await qWorker(set.worker);
      await expectTaskSoon(set);
      const taskId = `cut-${performance.now()}`;
      const cut = set.proxy.cutAfter({ match: taskId, direction: "toClient", deliver: false });
      await set.app.sendTask("recovery.late", [0], { taskId });
      await cut;
      await ends(set.ledger, [taskId]);
      expect((await set.ledger.read()).starts.get(taskId)).toBe(1);
    });
  });

  requires(...broker.needs)(`A publisher behind a bad network, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    it.concurrent("settles every call in time, and what it confirmed runs", async () => {
      const random = seededRandom();
      const seed = `seed ${random.seed}`;
      const { url } = opened();
      const settings = impatient[broker.name] ?? {};
      await using proxy = await startProxy({ target: url, seed: random.seed });
      await using ledger = await openLedger();
      await using app = createApp("client", {
        broker: proxy.urlOf(url),
        taskIgnoreResult: true,
        ...settings,
      });
      await using _worker = await qWorker({
        app: "recovery/app.mjs",
        broker: url,
        settings,
        ledger: ledger.path,
      });
      const calls: ReturnType<typeof call>[] = [];
      for (let fault = 0; fault < 6; fault++) {
        await using _broken = await breakProxy(proxy, fault);
        const until = performance.now() + random.int(300, 1200);
        await waitUntil(() => {
          calls.push(call(app, `${fault}-${calls.length}`));
          return performance.now() > until;
        });
      }
      const ended = await Promise.all(calls);
      const [confirmed, unknown, unsent] = ["yes", "unknown", "no"].map((sent) =>
        ended.filter((one) => one.sent === sent),
      );
      expect(
        ended.filter(({ code }) => code !== undefined && code !== "ERR_Q_PUBLISH"),
        seed,
      ).toEqual([]);
      // Two attempts of 1 s, and what the busy machine adds.
      expect(Math.max(...ended.map(({ tookMs }) => tookMs)), seed).toBeLessThan(8000);
      expect(
        [confirmed?.length, unknown?.length, unsent?.length].filter((count) => count === 0).length,
        seed,
      ).toBeLessThan(2);
      await ends(ledger, confirmed?.map(({ id }) => id) ?? []);
      const { starts } = await ledger.read();
      expect(
        unsent?.filter(({ id }) => starts.has(id)),
        `${seed}: what was not sent does not run`,
      ).toEqual([]);
    });
  });
}

requires("rabbitmq")("A worker that RabbitMQ turns away", () => {
  it.concurrent("comes back when the broker has closed its connections", async () => {
    await using vhost = await rabbitVhost();
    await using ledger = await openLedger();
    await using app = createApp("client", { broker: vhost.url, taskIgnoreResult: true });
    await using worker = await qWorker({ app: "recovery/app.mjs", broker: vhost.url, ledger: ledger.path });
    await expectTaskSoon({ app, ledger });
    const from = worker.lines.length;
    const args = ["close_all_connections", "--vhost", vhost.name, "maintenance"];
    await using close = new ChildProgram({ name: "rabbitmqctl", command: "rabbitmqctl", args });
    expect((await close.exited).code).toBe(0);
    await worker.waitFor(/trying again/, { from });
    await expectTaskSoon({ app, ledger });
  });

  it.runIf(isFull)(
    "loses nothing in a restart of the node",
    async () => {
      await using rabbit = await startRabbit();
      await using ledger = await openLedger();
      await using app = createApp("client", { broker: rabbit.url, taskIgnoreResult: true });
      const broker = { broker: rabbit.url, ledger: ledger.path };
      await using worker = await qWorker({ app: "recovery/app.mjs", args: ["-c", "2"], ...broker });
      const results = await Promise.all(
        Array.from({ length: 60 }, () => app.sendTask("recovery.late", [20])),
      );
      for (const [signal, due] of [
        ["SIGKILL", 10],
        ["SIGTERM", 30],
      ] as const) {
        await waitUntil(async () => (await ledger.read()).ends.size >= due);
        await rabbit.restart(signal);
      }
      await ends(
        ledger,
        results.map(({ id }) => id),
      );
      expect(worker.isRunning).toBe(true);
    },
    240_000,
  );
});

interface Scene {
  readonly app: App;
  readonly ledger: Ledger;
}

/** Sends a task around the proxy and expects that it has run within the time promised. */
async function expectTaskSoon({ app, ledger }: Scene, hint = ""): Promise<void> {
  const sentAt = performance.now();
  const { id } = await app.sendTask("recovery.late", [0]);
  await ends(ledger, [id], hint);
  expect(performance.now() - sentAt, hint).toBeLessThan(BACK_WITHIN_MS);
}

async function ends(ledger: Ledger, ids: readonly string[], hint = ""): Promise<void> {
  const lost = async (): Promise<unknown[]> => (await ledger.read()).lost(ids);
  await waitUntil(lost, {
    accept: (left) => left.length === 0,
    what: `tasks to end ${hint}`,
  });
}

/** Sends a task and tells how that ended. */
async function call(app: App, taskId: string) {
  const beganAt = performance.now();
  const options = { taskId, publishTimeoutMs: 1000, retryPolicy: { maxRetries: 1, intervalStart: 0.05 } };
  const end = await app.sendTask("recovery.late", [0], options).then(
    () => ({ sent: "yes", code: undefined }),
    ({ sent, code }: { sent: string; code: string }) => ({ sent, code }),
  );
  return { id: taskId, tookMs: performance.now() - beganAt, ...end };
}

/** One of several faults, mended on dispose. */
async function breakProxy(proxy: FaultProxy, fault: number): Promise<AsyncDisposable> {
  const kind = fault % 3;
  if (kind === 0) proxy.blackhole();
  if (kind === 1) proxy.refuse();
  if (kind !== 0) proxy.cut();
  return {
    async [Symbol.asyncDispose]() {
      if (kind === 0) proxy.heal();
      if (kind === 1) await proxy.accept();
    },
  };
}
