import { describe, expect, it, onTestFinished } from "vitest";
import { type App, type AppOptions, createApp, Ignore, Reject } from "@q/core";
import { EventDispatcher, EventReceiver, type ReceivedEvent } from "@q/core/events";
import { Worker } from "../worker.ts";
import type { WorkerOptions } from "../worker-options.ts";

interface Bench {
  readonly app: App;
  readonly work: (options?: WorkerOptions) => Promise<Worker>;
  /** Everything that monitors heard, until an event of that type came; for events of tasks, of that task. */
  readonly heardUntil: (type: string, taskId?: string) => Promise<ReceivedEvent[]>;
}

/** An app in memory with a monitor that listens. */
async function bench(options: AppOptions = {}): Promise<Bench> {
  const name = crypto.randomUUID();
  const app = createApp("test", {
    broker: `memory://${name}`,
    backend: `cache+memory://${name}`,
    ...options,
  });
  const stop = new AbortController();
  const events = new EventReceiver(app, { wakeup: false }).events({ signal: stop.signal });
  const workers: Worker[] = [];
  onTestFinished(async () => {
    stop.abort();
    for (const worker of workers) await worker.stop("cold");
    await app.close();
  });
  const probe = new EventDispatcher(app);
  const first = events.next();
  const knock = setInterval(() => probe.send("probe-up"), 5);
  await first.finally(() => clearInterval(knock));
  return {
    app,
    work: async (own = {}) => {
      const worker = new Worker(app, { hostname: "w@here", concurrency: 2, ...own });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    heardUntil: async (type, taskId) => {
      const heard: ReceivedEvent[] = [];
      for (;;) {
        const { value } = await events.next();
        if (!value) throw new Error("the monitor ended");
        if (value.type !== "probe-up") heard.push(value);
        if (value.type === type && (taskId === undefined || value["uuid"] === taskId)) return heard;
      }
    },
  };
}

const ofTask = (events: readonly ReceivedEvent[], id: string): unknown[] =>
  events
    .filter((event) => event["uuid"] === id)
    .map(({ type, hostname, utcoffset, pid, clock, timestamp, local_received, ...fields }) => {
      expect([hostname, pid, typeof utcoffset, typeof clock]).toEqual([
        "w@here",
        process.pid,
        "number",
        "number",
      ]);
      expect(Math.abs(local_received - timestamp)).toBeLessThan(60);
      return { type, ...fields };
    });

describe("a worker", () => {
  it("beats every two seconds unless told otherwise, and 0 is not otherwise", async () => {
    const { work, heardUntil } = await bench();
    await work({ heartbeatInterval: 0 });
    expect(await heardUntil("worker-online")).toMatchObject([{ freq: 2 }]);
  });

  it("says that it is there, at intervals that it still is, and that it goes", async () => {
    const { work, heardUntil } = await bench();
    const worker = await work({ heartbeatInterval: 0.02 });
    const [online, ...beats] = await heardUntil("worker-heartbeat");
    expect(online).toMatchObject({ type: "worker-online", hostname: "w@here" });
    expect(beats[0]).toMatchObject({
      freq: 0.02,
      active: 0,
      processed: 0,
      loadavg: [expect.any(Number), expect.any(Number), expect.any(Number)] as number[],
      sw_ident: "q",
      sw_ver: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      sw_sys: expect.any(String) as string,
    });
    await worker.stop();
    expect((await heardUntil("worker-offline")).at(-1)).toMatchObject({ freq: 0.02 });
  });

  it("tells of every step of its tasks, when it is asked to", async () => {
    const { app, work, heardUntil } = await bench();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    await work({ taskEvents: true, withoutHeartbeat: true });
    const { id } = await add.applyAsync([2, 3], { argsrepr: "(two, three)" });
    const heard = await heardUntil("task-succeeded");
    expect(ofTask(heard, id)).toEqual([
      {
        type: "task-received",
        uuid: id,
        name: "t.add",
        args: "(two, three)",
        kwargs: "{}",
        root_id: id,
        parent_id: null,
        retries: 0,
        eta: null,
        expires: null,
      },
      { type: "task-started", uuid: id },
      { type: "task-succeeded", uuid: id, result: "5", runtime: expect.any(Number) as number },
    ]);
    expect(heard.some((event) => event.type.startsWith("worker-"))).toBe(false);
  });

  it("tells how tasks end that do not succeed", async () => {
    const { app, work, heardUntil } = await bench({ workerSendTaskEvents: true });
    const fail = app.task("t.fail", () => {
      throw new RangeError("too far");
    });
    const again = app.task({ name: "t.again", bind: true }, (self) => {
      if (self.request.retries === 0) throw self.retry({ exc: new Error("not yet"), countdown: 0 });
    });
    const refuse = app.task("t.refuse", () => {
      throw new Reject("no", { requeue: false });
    });
    const ignore = app.task("t.ignore", () => {
      throw new Ignore();
    });
    const worker = await work();
    const failed = await fail.delay();
    expect(ofTask(await heardUntil("task-failed"), failed.id).at(-1)).toEqual({
      type: "task-failed",
      uuid: failed.id,
      exception: "RangeError('too far')",
      traceback: expect.stringContaining("worker-events.test.ts") as string,
    });
    const retried = await again.delay();
    expect(ofTask(await heardUntil("task-succeeded", retried.id), retried.id)).toMatchObject([
      { type: "task-received", retries: 0 },
      { type: "task-started" },
      { type: "task-retried", exception: "Error('not yet')" },
      { type: "task-received", retries: 1 },
      { type: "task-started" },
      { type: "task-succeeded" },
    ]);
    const refused = await refuse.delay();
    expect(ofTask(await heardUntil("task-rejected"), refused.id).at(-1)).toMatchObject({ requeue: false });
    worker.revoke(["unwanted"]);
    await ignore.applyAsync([], { taskId: "unwanted" });
    expect(ofTask(await heardUntil("task-revoked"), "unwanted")).toEqual([
      { type: "task-revoked", uuid: "unwanted", terminated: false, signum: null, expired: false },
    ]);
    const unknown = await app.sendTask("t.nobody");
    expect(ofTask(await heardUntil("task-failed"), unknown.id)).toMatchObject([
      { exception: "NotRegistered('t.nobody')" },
    ]);
  });

  it("keeps quiet about tasks that ask for it, and begins and ends telling at run time", async () => {
    const { app, work, heardUntil } = await bench();
    const secret = app.task({ name: "t.secret", sendEvents: false }, () => 1);
    const open = app.task("t.open", () => 2);
    const worker = await work({ withoutHeartbeat: true });
    await (await open.delay()).get({ timeout: 20 });
    expect([worker.events?.enableTaskEvents(), worker.events?.enableTaskEvents()]).toEqual([true, false]);
    await (await secret.delay()).get({ timeout: 20 });
    const second = await open.delay();
    const heard = await heardUntil("task-succeeded");
    expect(new Set(heard.map((event) => event["uuid"]))).toEqual(new Set([second.id]));
    expect(heard.at(-1)).toMatchObject({ result: "2" });
    expect([worker.events?.disableTaskEvents(), worker.events?.disableTaskEvents()]).toEqual([true, false]);
    await (await open.delay()).get({ timeout: 20 });
    worker.events?.heartbeat();
    expect((await heardUntil("worker-heartbeat")).map((event) => event.type)).toEqual(["worker-heartbeat"]);
  });

  it("speaks for itself only, in a process with two of them", async () => {
    const { app, work, heardUntil } = await bench();
    const where = app.task({ name: "t.where", bind: true }, (self) => self.request.hostname);
    const options = { taskEvents: true, withoutHeartbeat: true, concurrency: 1 };
    await work({ ...options, hostname: "a@here" });
    await work({ ...options, hostname: "b@here" });
    const { id } = await where.delay();
    const heard = await heardUntil("task-succeeded", id);
    const mine = heard.filter((event) => event["uuid"] === id);
    expect(mine.map((event) => event.type)).toEqual(["task-received", "task-started", "task-succeeded"]);
    expect(new Set(mine.map((event) => `'${event.hostname}'`))).toEqual(new Set([mine[2]?.["result"]]));
  });
});

it("tells that a task was sent, with the setting task_send_sent_event", async () => {
  const { app, heardUntil } = await bench({ taskSendSentEvent: true });
  const { id } = await app.sendTask("t.add", [1], {
    kwargs: { y: 2 },
    queue: "fast",
    expires: new Date("2100-01-01T00:00:00Z"),
  });
  expect((await heardUntil("task-sent")).at(-1)).toMatchObject({
    uuid: id,
    hostname: expect.stringMatching(/^gen\d+@/) as string,
    name: "t.add",
    args: "(1,)",
    kwargs: "{'y': 2}",
    root_id: id,
    parent_id: null,
    retries: 0,
    eta: null,
    expires: expect.stringMatching(/^2100-01-01T00:00:00/) as string,
    queue: "fast",
    exchange: "",
    routing_key: "fast",
  });
});

it("lets tasks send events of their own", async () => {
  const { app, work, heardUntil } = await bench();
  const long = app.task({ name: "t.long", bind: true }, (self) =>
    self.sendEvent("task-progress", { percent: 50 }),
  );
  await work();
  const { id } = await long.delay();
  expect((await heardUntil("task-progress")).at(-1)).toMatchObject({ uuid: id, percent: 50 });
});
