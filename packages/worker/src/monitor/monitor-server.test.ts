import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type App, type AppOptions, createApp, Ignore } from "@q/core";
import { deferred } from "@q/kernel";
import { FakeClock } from "@q/kernel/testing";
import { Worker } from "../worker.ts";
import type { WorkerOptions } from "../worker-options.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
}

function bench(options: AppOptions = {}, own: WorkerOptions = {}): { app: App; worker: Worker } {
  const app = createApp("test", { broker: `memory://${crypto.randomUUID()}`, ...options });
  const worker = new Worker(app, { hostname: "w@here", concurrency: 3, http: { port: 0 }, ...own });
  onTestFinished(async () => {
    await worker.stop("cold");
    await app.close();
  });
  return { app, worker };
}

async function get(worker: Worker, path: string, method = "GET"): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${worker.monitor?.port}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

/** The value of a metric with these labels, the worker's name left out. */
async function metric(worker: Worker, name: string, labels = ""): Promise<number | undefined> {
  const { text } = await get(worker, "/metrics");
  const line = text.split("\n").find((one) => one.startsWith(`${name}{${labels}`));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

describe("a worker with an HTTP port", () => {
  it("is live, ready while it consumes, and serves nothing else", async () => {
    const { worker } = bench();
    await worker.start();
    expect(await get(worker, "/live")).toMatchObject({
      status: 200,
      text: expect.stringContaining('"live"') as string,
    });
    expect(await get(worker, "/ready?x=1")).toEqual({
      status: 200,
      text: '{"status":"ready","hostname":"w@here"}\n',
    });
    expect((await get(worker, "/ready", "HEAD")).status).toBe(200);
    expect((await get(worker, "/")).status).toBe(404);
    expect((await get(worker, "/live", "POST")).status).toBe(404);
  });

  it("is live but not ready while it ends, and while the broker is away", async () => {
    const { app, worker } = bench();
    const [begun, release] = [deferred<void>(), deferred<void>()];
    app.task("t.long", async () => {
      begun.resolve();
      await release.promise;
    });
    await worker.start();
    await app.sendTask("t.long");
    await begun.promise;
    const stopped = worker.stop();
    expect((await get(worker, "/ready")).text).toContain('"stopping"');
    expect((await get(worker, "/live")).status).toBe(200);
    release.resolve();
    await stopped;
    await expect(get(worker, "/live")).rejects.toThrow(/fetch failed/);

    const waiting = bench({ broker: "redis://127.0.0.1:1/0" });
    const started = waiting.worker.start();
    await expect.poll(() => waiting.worker.monitor?.port).toBeGreaterThan(0);
    expect(await get(waiting.worker, "/ready")).toMatchObject({
      status: 503,
      text: expect.stringContaining("waiting for the broker") as string,
    });
    expect((await get(waiting.worker, "/live")).status).toBe(200);
    await waiting.worker.stop("cold");
    await Promise.allSettled([started]);
  });

  it("counts and times its tasks", async () => {
    const { app, worker } = bench();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const fail = app.task({ name: "t.fail", maxRetries: 1, bind: true }, (self) => {
      throw self.retry({ exc: new Error("no"), countdown: 0 });
    });
    app.task("t.ignore", () => {
      throw new Ignore();
    });
    await worker.start();
    const failed = deferred<unknown>();
    app.events.on("task:failed", (event) => failed.resolve(event));
    for (let n = 0; n < 3; n++) await add.delay(n, n);
    await fail.delay();
    await app.sendTask("t.ignore");
    await app.sendTask("t.nobody");
    await failed.promise;
    const tasks = (labels: string): Promise<number | undefined> => metric(worker, "q_tasks_total", labels);
    await expect.poll(() => tasks('task="t.add",event="succeeded"')).toBe(3);
    expect(await tasks('task="t.fail",event="retried"')).toBe(1);
    expect(await tasks('task="t.fail",event="failed"')).toBe(1);
    expect(await tasks('task="t.fail",event="received"')).toBe(2);
    expect(await metric(worker, "q_task_run_seconds_count", 'worker="w@here",task="t.add"')).toBe(3);
    expect(await metric(worker, "q_task_wait_seconds_count", 'worker="w@here",task="t.add"')).toBe(3);
    expect(await metric(worker, "q_tasks_unknown_total")).toBe(1);
    expect(await metric(worker, "q_messages_discarded_total")).toBe(1);
    expect(await metric(worker, "q_worker_slots")).toBe(3);
    expect(await metric(worker, "q_worker_running")).toBe(0);
    expect(await metric(worker, "q_broker_up")).toBe(1);
    expect(await metric(worker, "q_queue_messages", 'queue="celery"')).toBe(0);
    expect(await metric(worker, "nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);
  });

  it("tells how long the oldest of the tasks that wait has waited", async () => {
    const clock = new FakeClock(Date.now());
    const { app, worker } = bench({ clock }, { concurrency: 1, pool: "async", prefetchMultiplier: 4 });
    const open = deferred<void>();
    const hold = app.task("t.hold", () => open.promise);
    await worker.start();
    const oldest = (): Promise<number | undefined> => metric(worker, "q_worker_oldest_waiting_seconds");
    expect(await oldest()).toBe(0);
    for (let n = 0; n < 3; n++) await hold.delay();
    await expect.poll(() => worker.stats()).toMatchObject({ running: 1, waiting: 2 });
    await clock.advance(7000);
    expect(await oldest()).toBe(7);
    open.resolve();
    await expect.poll(() => worker.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(await oldest()).toBe(0);
  });

  it("tells how many tasks went back to the broker before they began, and forgets those", async () => {
    const clock = new FakeClock(Date.now());
    const { app, worker } = bench({ clock }, { concurrency: 1, pool: "async" });
    const open = deferred<void>();
    const short = app.task("t.short", () => 1);
    const succeeded = (task: string): Promise<number | undefined> =>
      metric(worker, "q_tasks_total", `task="${task}",event="succeeded"`);
    const hold = app.task({ name: "t.hold", acksLate: true }, () => open.promise);
    await worker.start();
    // Fast enough for one to be fetched ahead.
    for (let n = 0; n < 5; n++) {
      await short.delay();
      await expect.poll(() => succeeded("t.short")).toBe(n + 1);
      await clock.advance(10);
    }
    for (let n = 0; n < 3; n++) await hold.delay();
    await expect.poll(() => worker.stats()).toMatchObject({ running: 1, waiting: 1 });
    await clock.advance(100);
    expect(worker.stats()).toMatchObject({ running: 1, waiting: 0 });
    expect(await metric(worker, "q_tasks_total", 'task="t.hold",event="returned"')).toBe(1);
    expect(await metric(worker, "q_worker_oldest_waiting_seconds")).toBe(0);
    open.resolve();
    await expect.poll(() => succeeded("t.hold")).toBe(3);
  });

  it("says when its port is taken", async () => {
    const squatter = createServer().listen(0);
    onTestFinished(() => void squatter.close());
    const { port } = squatter.address() as AddressInfo;
    const { worker } = bench({}, { http: { port } });
    await expect(worker.start()).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringContaining(`port ${port}`) as string,
    });
  });
});
