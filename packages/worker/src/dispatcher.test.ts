import { describe, expect, it, onTestFinished } from "vitest";
import { type App, type CallOptions, createApp, TaskBase, type TaskContext, type TaskOptions } from "@q/core";
import { type Deferred, deferred } from "@q/kernel";
import { recordingLogger } from "@q/kernel/testing";
import { type Execute, InlinePool, type Job, type Outcome, WorkerLostError } from "@q/pool";
import type { WireMessage } from "@q/messaging";
import type { TracePayload } from "./trace.ts";
import { Worker } from "./worker.ts";
import { WorkerRequest } from "./worker-request.ts";

/** A pool whose jobs end as the test says: each waits until it is told its outcome. */
class ToldPool extends InlinePool {
  readonly jobs: { readonly job: Job; readonly end: Deferred<Outcome> }[] = [];
  readonly begun: Deferred<void>[] = [deferred(), deferred(), deferred()];

  override run(job: Job): Promise<Outcome> {
    return new Promise((resolve) => this.submit(job, resolve));
  }

  override submit(job: Job, done: (outcome: Outcome) => void): void {
    const end = deferred<Outcome>();
    this.jobs.push({ job, end });
    this.begun[this.jobs.length - 1]?.resolve();
    const report = async (): Promise<void> => done(await end.promise);
    void report();
  }

  /** The first job begins. */
  accept(): void {
    this.jobs[0]?.job.onAccepted?.({ index: 0, pid: process.pid, threadId: 0 });
  }

  override get running(): number {
    return 0;
  }

  override async drain(): Promise<void> {}

  override terminate(jobId: string, reason: Error): boolean {
    for (const { job, end } of this.jobs) if (job.id === jobId) end.resolve({ status: "lost", reason });
    return true;
  }
}

async function lostTask(
  options: Partial<TaskOptions<[]>>,
  call: CallOptions = {},
): Promise<{ app: App; worker: Worker; pool: ToldPool; id: string }> {
  const name = crypto.randomUUID();
  const app = createApp("test", { broker: `memory://${name}`, backend: `cache+memory://${name}` });
  const task = app.task({ name: "t.x", ...options }, () => 1);
  const pool = new ToldPool({ size: 1, execute: (() => 1) as Execute });
  const worker = new Worker(app, { pool: () => pool, prefetchMultiplier: 4, logger: recordingLogger() });
  onTestFinished(async () => {
    await worker.stop("cold");
    await app.close();
  });
  await worker.start();
  const { id } = await task.applyAsync([], call);
  await pool.begun[0]?.promise;
  return { app, worker, pool, id };
}

const lost: Outcome = { status: "lost", reason: new WorkerLostError("the process died") };

describe("a task whose executor is lost", () => {
  it("fails, and its caller hears of it", async () => {
    const { app, pool, id } = await lostTask({ acksLate: true });
    pool.jobs[0]?.end.resolve(lost);
    await expect(app.AsyncResult(id).get({ timeout: 20 })).rejects.toMatchObject({
      code: "ERR_Q_WORKER_LOST",
    });
  });

  it("goes back to its queue with rejectOnWorkerLost, and has not failed then", async () => {
    const { app, pool, id } = await lostTask({ acksLate: true, rejectOnWorkerLost: true });
    pool.jobs[0]?.end.resolve(lost);
    await pool.begun[1]?.promise;
    expect(pool.jobs.map(({ job }) => job.id)).toEqual([id, id]);
    expect(await app.AsyncResult(id).state()).toBe("PENDING");
  });

  it("carries the number of its crashes, and comes no more after the third", async () => {
    const { app, worker, pool, id } = await lostTask({ acksLate: true, rejectOnWorkerLost: true });
    for (const n of [0, 1, 2]) {
      await pool.begun[n]?.promise;
      const payload = pool.jobs[n]?.job.payload as TracePayload;
      expect([payload.message.headers["x-q-crashes"] ?? 0, payload.deliveryInfo.redelivered]).toEqual([
        n,
        n > 0,
      ]);
      pool.jobs[n]?.end.resolve(lost);
    }
    await expect(app.AsyncResult(id).get({ timeout: 20 })).rejects.toMatchObject({
      excType: "CrashLimitError",
      message: expect.stringContaining("the process died") as string,
    });
    await worker.dispatcher?.settled();
    const connection = await (await app.connectionForWrite()).connect();
    await using channel = await connection.openChannel();
    expect([pool.jobs.length, await channel.queueInfo("celery.parked")]).toMatchObject([3, { messages: 1 }]);
  });

  it("fails nevertheless when its message is gone already", async () => {
    const { app, pool, id } = await lostTask({ rejectOnWorkerLost: true });
    pool.jobs[0]?.job.onAccepted?.({ index: 0, pid: process.pid, threadId: 0 });
    pool.jobs[0]?.end.resolve(lost);
    await expect(app.AsyncResult(id).get({ timeout: 20 })).rejects.toMatchObject({
      code: "ERR_Q_WORKER_LOST",
    });
    expect(pool.jobs).toHaveLength(1);
  });
});

describe("what follows a task whose executor is lost", () => {
  it("is done by the worker itself: its error callbacks and its handlers", async () => {
    const failures = deferred<unknown>();
    class Noting extends TaskBase {
      override onFailure(error: Error, context: TaskContext): void {
        failures.resolve([error.message, context.request.id]);
      }
    }
    const linkError = {
      task: "t.note",
      args: ["extra"],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: false,
    };
    const { app, pool, id } = await lostTask({ base: Noting }, { linkError });
    app.task("t.note", (_id: string, _extra: string) => 1);
    pool.jobs[0]?.end.resolve({ status: "timed out", limitMs: 1500, orphaned: true });
    expect(await failures.promise).toEqual(["the hard time limit of 1.5 s is over", id]);
    await pool.begun[1]?.promise;
    const payload = pool.jobs[1]?.job.payload as { message: { headers: Record<string, unknown> } };
    expect(payload.message.headers).toMatchObject({
      task: "t.note",
      argsrepr: `('${id}', 'extra')`,
      parent_id: id,
    });
  });
});

describe("tasks cancelled because the connection was lost", () => {
  it("have not failed: their messages are delivered again", async () => {
    const { app, worker, pool, id } = await lostTask({ acksLate: true });
    pool.accept();
    worker.dispatcher?.cancelLate(new Error("the connection was lost"));
    await pool.begun[1]?.promise;
    expect(await app.AsyncResult(id).state()).toBe("PENDING");
  });

  it("are only those whose message is still there", async () => {
    const { worker, pool } = await lostTask({});
    pool.accept();
    let ended = false;
    void pool.jobs[0]?.end.promise.then(() => (ended = true));
    worker.dispatcher?.cancelLate(new Error("the connection was lost"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
  });
});

describe("a running task that is delivered again", () => {
  /** A message with the id of a running task that comes once more from the broker. */
  function redelivered(request: WorkerRequest, changed: Partial<WireMessage> = {}): WorkerRequest {
    const delivery = { ...request.delivery, redelivered: true, tag: "again" };
    const message = { ...request.message, ...changed };
    return new WorkerRequest({ task: request.task, request: request.request, message, delivery });
  }

  it.each([
    ["its next attempt", { retries: 1 }],
    ["what replaces it", { replaced_task_nesting: 1 }],
    ["a copy that another attempt has sent", { "x-q-once": "attempt key/0" }],
  ])("is not mistaken for %s, which bears its id", async (_title, headers) => {
    const { worker, pool } = await lostTask({ acksLate: true });
    pool.accept();
    const [request] = worker.dispatcher?.running ?? [];
    if (request === undefined) throw new Error("nothing runs");
    const other = redelivered(request, { headers: { ...request.message.headers, ...headers } });
    expect(worker.dispatcher?.adopt(other)).toBe(false);
    expect(request.delivery.tag).not.toBe("again");
  });

  it("goes on alone and settles the new delivery", async () => {
    const { app, worker, pool, id } = await lostTask({ acksLate: true });
    pool.accept();
    const [request] = worker.dispatcher?.running ?? [];
    if (request === undefined) throw new Error("nothing runs");
    const copy = redelivered(request);
    expect(worker.dispatcher?.adopt(copy)).toBe(true);
    expect(request.delivery.tag).toBe("again");
    expect([pool.jobs.length, await app.AsyncResult(id).state()]).toEqual([1, "PENDING"]);
    pool.jobs[0]?.end.resolve({ status: "done", value: { status: "IGNORED" } });
    await new Promise((resolve) => setImmediate(resolve));
    expect([worker.dispatcher?.running, worker.dispatcher?.adopt(copy)]).toEqual([[], false]);
  });
});

describe("limits of a job", () => {
  it("are those of the message, else of the task, in milliseconds", async () => {
    const { app, pool } = await lostTask({ timeLimit: 20, softTimeLimit: 10 });
    await app.sendTask("t.x", [], { timeLimit: 2 });
    await pool.begun[1]?.promise;
    const limits = pool.jobs.map(({ job }) => [job.softLimitMs, job.hardLimitMs]);
    expect(limits).toEqual([
      [10_000, 20_000],
      [10_000, 2000],
    ]);
  });
});
