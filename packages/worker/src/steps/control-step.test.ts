import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, type AppOptions, createApp, currentTask } from "@q/core";
import { deferred } from "@q/kernel";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import {
  type Channel,
  ChannelError,
  createTransportRegistry,
  type Exchange,
  parseBrokerUrl,
  type Transport,
} from "@q/messaging";
import { describe, expect, it, onTestFinished } from "vitest";
import { Worker } from "../worker.ts";

/** An app with a running worker of one slot, on a broker of its own. */
async function started(options: AppOptions = {}): Promise<{ app: App; worker: Worker }> {
  const app = createApp("test", {
    broker: `memory://${crypto.randomUUID()}`,
    backend: `cache+memory://${crypto.randomUUID()}`,
    ...options,
  });
  const worker = new Worker(app, { concurrency: 1, hostname: "w@here" });
  onTestFinished(async () => {
    await worker.stop("cold");
    await app.close();
  });
  return { app, worker };
}

/** A task that runs until it is aborted or released. */
function blocker(app: App) {
  const [begun, release] = [deferred<void>(), deferred<void>()];
  const reason = deferred<unknown>();
  const task = app.task("test.block", async () => {
    const { signal } = currentTask()!;
    signal.addEventListener("abort", () => reason.resolve(signal.reason));
    begun.resolve();
    await release.promise;
    return "finished";
  });
  return { task, begun: begun.promise, release: () => release.resolve(), reason: reason.promise };
}

/** The transport of a broker that lets nobody declare fanout exchanges. */
function refusingFanout(transport: Transport): Transport {
  return {
    ...transport,
    capabilities: transport.capabilities,
    async connect(options) {
      const connection = await transport.connect(options);
      const openChannel = connection.openChannel.bind(connection);
      connection.openChannel = async () => {
        const channel = await openChannel();
        const declare = channel.declare.bind(channel);
        channel.declare = (async (entity: Exchange) => {
          if (entity.type === "fanout") throw new ChannelError("no broadcasts for you");
          return declare(entity as never);
        }) as Channel["declare"];
        return channel;
      };
      return connection;
    },
  };
}

/** Broadcasts a command as a client of remote control does. */
async function command(app: App, body: unknown, contentType = "application/json"): Promise<void> {
  const producer = await app.producer();
  await producer.publish(
    {
      body: Buffer.from(JSON.stringify(body)),
      contentType,
      contentEncoding: "utf-8",
      headers: {},
      properties: {},
    },
    { exchange: "celery.pidbox", routingKey: "" },
  );
}

const revoked = (message: string) => expect.objectContaining({ name: "TaskRevokedError", message });

describe("a worker that hears of revoked tasks", () => {
  it("ends one that waits for a slot at once", async () => {
    const { app, worker } = await started();
    const { task, begun, release } = blocker(app);
    const add = app.task("test.add", (x: number, y: number) => x + y);
    await worker.start();
    const running = await task.delay();
    await begun;
    const waiting = await add.delay(1, 2);

    await waiting.revoke();

    await expect(waiting.get()).rejects.toEqual(revoked("revoked"));
    expect(await waiting.state()).toBe("REVOKED");
    release();
    expect(await running.get()).toBe("finished");
  });

  it("ends one that waits for its time at once", async () => {
    const { app, worker } = await started();
    const add = app.task("test.add", (x: number, y: number) => x + y);
    await worker.start();
    const later = await add.applyAsync([1, 2], { countdown: 3600 });

    await later.revoke();

    await expect(later.get()).rejects.toEqual(revoked("revoked"));
    expect(worker.stats().scheduled).toBe(0);
  });

  it("hears of it from another app, through the embedded broker", async () => {
    const folder = mkdtempSync(join(tmpdir(), "q-revoke-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    // Four slashes: with three the path would be one below the working directory.
    const broker = `sqlite:///${join(folder, "q.db")}`;
    const { app, worker } = await started({ broker, backend: broker });
    const add = app.task("test.add", (x: number, y: number) => x + y);
    await worker.start();
    const later = await add.applyAsync([1, 2], { countdown: 3600 });
    await expect.poll(() => worker.stats().scheduled).toBe(1);

    await using client = createApp("client", { broker, backend: broker });
    await client.AsyncResult(later.id).revoke();

    await expect(later.get()).rejects.toEqual(revoked("revoked"));
  });

  it("does not run one that comes later", async () => {
    const { app, worker } = await started();
    const add = app.task("test.add", (x: number, y: number) => x + y);
    await worker.start();
    const id = crypto.randomUUID();
    await app.revoke([id]);
    await expect.poll(() => worker.revoked.texts()).toEqual([id]);
    const sent = await add.applyAsync([1, 2], { taskId: id });
    await expect(sent.get()).rejects.toEqual(revoked("revoked"));
  });

  it("lets one that runs go on, and aborts it when told to terminate", async () => {
    const { app, worker } = await started();
    const { task, begun, reason, release } = blocker(app);
    await worker.start();
    const events: unknown[] = [];
    app.events.on("task:revoked", ({ expired, terminated }) => events.push({ expired, terminated }));
    const running = await task.delay();
    await begun;

    await running.revoke();
    await running.revoke({ terminate: true });

    expect(await reason).toEqual(revoked("terminated"));
    await expect(running.get()).rejects.toEqual(revoked("terminated"));
    expect(events).toEqual([{ expired: false, terminated: true }]);
    release();
  });

  it("takes a number for true, as Flower sends it", async () => {
    const { app, worker } = await started();
    const { task, begun, reason, release } = blocker(app);
    await worker.start();
    const { id } = await task.delay();
    await begun;
    await app.control.broadcast("revoke", { arguments: { task_id: id, terminate: 1 } });
    expect(await reason).toEqual(revoked("terminated"));
    release();
  });

  it("keeps the end of a terminated task whatever its function does afterwards", async () => {
    const { app, worker } = await started();
    const { task, begun, release } = blocker(app);
    const after = app.task("test.after", () => "runs in the slot that became free");
    await worker.start();
    const running = await task.delay();
    await begun;
    await running.revoke({ terminate: true });
    await expect(running.get()).rejects.toEqual(revoked("terminated"));

    release();

    expect(await (await after.delay()).get()).toContain("slot");
    expect(await running.state()).toBe("REVOKED");
  });

  it("takes one id or several, for itself or for everybody", async () => {
    const { app, worker } = await started();
    await worker.start();
    const base = { method: "revoke", pattern: null, matcher: null };
    await command(app, { ...base, arguments: { task_id: "others" }, destination: ["w@there"] });
    await command(app, { ...base, arguments: { task_id: "one" }, destination: ["w@there", "w@here"] });
    await command(app, { ...base, arguments: { task_id: ["two", 3, "three"], terminate: false } });
    await expect.poll(() => worker.revoked.texts()).toEqual(["one", "two", "three"]);
  });

  it("goes on after commands that it cannot read or does not know", async () => {
    const logger = recordingLogger();
    const { app, worker } = await started({ logger });
    await worker.start();
    const bodies = [
      null,
      5,
      [],
      {},
      { method: "ping" },
      { method: "revoke" },
      { method: "revoke", arguments: { task_id: {} } },
    ];
    for (const body of bodies) await command(app, body);
    await command(app, { method: "revoke", arguments: { task_id: "x" } }, "application/x-python-serialize");
    await command(app, { method: "revoke", arguments: { task_id: "y" } });
    await expect.poll(() => worker.revoked.texts()).toEqual(["y"]);
    expect(logger.lines.filter(({ message }) => message === "a command could not be read")).toHaveLength(5);
  });

  it("starts without it on a broker that refuses the queue", async () => {
    const transports = createTransportRegistry();
    transports.register("guarded", async () =>
      refusingFanout(await transports.resolve(parseBrokerUrl("memory://"))),
    );
    const logger = recordingLogger();
    const clock = new FakeClock();
    const { app, worker } = await started({ broker: "guarded://", transports, logger, clock });
    const add = app.task("test.add", (x: number, y: number) => x + y);
    const ready = worker.start();
    const isUp = (): boolean => worker.consumer?.session?.isLive === true;
    await expect.poll(() => clock.advance(1000).then(isUp)).toBe(true);
    await ready;
    expect(await (await add.delay(1, 2)).get()).toBe(3);
    expect(logger.lines.some(({ fields }) => String(fields["err"]).includes("no broadcasts for you"))).toBe(
      true,
    );
  });

  it("hears nothing when remote control is off", async () => {
    const { app, worker } = await started({ workerEnableRemoteControl: false });
    const add = app.task("test.add", (x: number, y: number) => x + y);
    await worker.start();
    const id = crypto.randomUUID();
    await app.revoke([id]);
    expect(await (await add.applyAsync([1, 2], { taskId: id })).get()).toBe(3);
  });
});
