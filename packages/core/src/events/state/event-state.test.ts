import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import type { ReceivedEvent } from "../event-receiver.ts";
import { EventState } from "./event-state.ts";

const NOW = 1_800_000_000;
let clocks = 0;

const event = (type: string, fields: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
  type,
  hostname: "w@here",
  pid: 7,
  clock: ++clocks,
  timestamp: NOW + clocks / 1000,
  local_received: NOW,
  ...fields,
});

const received = (uuid: string, fields: Partial<ReceivedEvent> = {}): ReceivedEvent =>
  event("task-received", { uuid, name: "t.add", args: "(1,)", kwargs: "{}", ...fields });

const uuids = (tasks: Iterable<{ readonly uuid: string }>): string[] => [...tasks].map((task) => task.uuid);

describe("the state of a fleet", () => {
  it("follows a task through its life", () => {
    const state = new EventState();
    state.event(event("task-sent", { uuid: "u", hostname: "gen1@there", name: "t.add", queue: "celery" }));
    expect(state.tasks.get("u")).toMatchObject({ state: "PENDING", client: "gen1@there", worker: undefined });
    state.event(received("u"));
    state.event(event("task-started", { uuid: "u" }));
    expect(state.tasks.get("u")).toMatchObject({ state: "STARTED", isReady: false });
    state.event(event("task-succeeded", { uuid: "u", result: "3", runtime: 0.5 }));
    const task = state.tasks.get("u");
    expect(task).toMatchObject({ state: "SUCCESS", isReady: true, result: "3", runtime: 0.5, name: "t.add" });
    expect(task?.worker).toBe(state.workers.get("w@here"));
    expect(task?.info()).toEqual({ args: "(1,)", kwargs: "{}", result: "3", runtime: 0.5 });
    expect(JSON.parse(JSON.stringify(task))).toMatchObject({
      uuid: "u",
      worker: "w@here",
      queue: "celery",
      received: expect.any(Number) as number,
      failed: null,
    });
    expect([state.eventCount, state.taskCount, state.taskTypes()]).toEqual([4, 1, ["t.add"]]);
  });

  it("is not confused by events that overtake each other", () => {
    const state = new EventState();
    const [late, started] = [received("u", { surprise: 1 }), event("task-started", { uuid: "u" })];
    state.event(event("task-succeeded", { uuid: "u", result: "3" }));
    state.event(started);
    state.event(late);
    expect(state.tasks.get("u")).toMatchObject({
      state: "SUCCESS",
      name: "t.add",
      received: late.timestamp,
      started: started.timestamp,
    });
    expect(state.tasks.get("u")?.fields["surprise"]).toBeUndefined();
  });

  it("knows a retried task that runs again, and states of one's own", () => {
    const state = new EventState();
    const states = ["received", "started", "retried", "received", "started", "progress", "failed"].map(
      (step) => {
        state.event(event(`task-${step}`, { uuid: "u", percent: 10 }));
        return state.tasks.get("u")?.state;
      },
    );
    expect(states).toEqual(["RECEIVED", "STARTED", "RETRY", "RECEIVED", "STARTED", "PROGRESS", "FAILURE"]);
    expect(state.tasks.get("u")?.fields["percent"]).toBe(10);
  });

  it("lists tasks by their newest event, by type and by worker", () => {
    const state = new EventState();
    state.event(received("a"));
    state.event(received("b", { name: "t.mul", hostname: "v@here" }));
    state.event(received("c"));
    state.event(event("task-started", { uuid: "a" }));
    expect(uuids(state.tasksByTime())).toEqual(["a", "c", "b"]);
    expect(uuids(state.tasksByTime({ reverse: false, limit: 2 }))).toEqual(["a", "b"]);
    expect(uuids(state.tasksByType("t.add", { limit: 1 }))).toEqual(["a"]);
    expect(uuids(state.tasksByWorker("v@here"))).toEqual(["b"]);
    state.rebuildTaskHeap();
    expect(uuids(state.tasksByTime())).toEqual(["a", "c", "b"]);
  });

  it("puts an event that comes late in its place, by clock, or by time without clocks", () => {
    const state = new EventState();
    state.event(received("new", { clock: 50 }));
    state.event(received("old", { clock: 10 }));
    state.event(received("between", { clock: 50, hostname: "a@here" }));
    expect(uuids(state.tasksByTime({ reverse: false }))).toEqual(["old", "between", "new"]);
    const timed = new EventState();
    timed.event(received("second", { clock: 0, timestamp: NOW + 2 }));
    timed.event(received("first", { clock: 0, timestamp: NOW + 1 }));
    expect(uuids(timed.tasksByTime())).toEqual(["second", "first"]);
  });

  it("joins parents and children, in whichever order they are heard of", () => {
    const state = new EventState();
    state.event(received("child", { parent_id: "parent" }));
    state.event(received("parent"));
    state.event(received("second", { parent_id: "parent" }));
    const parent = state.tasks.get("parent");
    expect(uuids(parent?.children ?? [])).toEqual(["child", "second"]);
    expect(state.parentOf(state.tasks.get("child")!)).toBe(parent);
  });

  it("stays within its bounds", () => {
    const state = new EventState({ maxTasks: 10, maxWorkers: 2 });
    for (let n = 0; n < 100; n++) {
      state.event(received(`u${n}`, { hostname: `w${n}@here`, parent_id: `p${n}` }));
    }
    expect([...state.tasks.keys()]).toEqual(Array.from({ length: 10 }, (_, n) => `u${90 + n}`));
    expect([...state.workers.keys()]).toEqual(["w98@here", "w99@here"]);
    expect(uuids(state.tasksByTime({ reverse: false }))).toEqual([...state.tasks.keys()]);
  });

  it("forgets what is done, or everything", () => {
    const state = new EventState();
    state.event(received("running"));
    state.event(received("done"));
    state.event(event("task-failed", { uuid: "done" }));
    state.clearTasks();
    expect(uuids(state.tasksByTime())).toEqual(["running"]);
    state.clear({ ready: false });
    expect([state.tasks.size, state.workers.size, state.eventCount]).toEqual([0, 0, 0]);
  });

  it("holds events back while somebody looks", async () => {
    const state = new EventState();
    state.event(received("u"));
    const seen = await state.freezeWhile(async () => {
      state.event(received("later"));
      return Promise.resolve(state.tasks.size);
    });
    expect([seen, state.tasks.size]).toEqual([1, 2]);
    await expect(
      state.freezeWhile(() => Promise.reject(new Error("no")), { clearAfter: true }),
    ).rejects.toThrow("no");
    state.event(received("after"));
    expect(state.tasks.has("after")).toBe(true);
  });

  it("takes anything that comes over the wire", () => {
    const state = new EventState();
    for (const odd of [
      event("worker-heartbeat", { freq: "often", loadavg: ["x", 1], active: null, pid: "p" as never }),
      event("task-received", { uuid: 5 }),
      event("task-received", {}),
      event("task-"),
      event("task-constructor", { uuid: "odd" }),
      event("-"),
      event("__proto__-x"),
      event("task-__proto__", { uuid: "odd", __proto__: { polluted: true } } as never),
      received("odd", { name: 5, retries: "x" }),
    ])
      state.event(odd);
    expect(state.tasks.get("odd")).toMatchObject({ name: undefined, retries: undefined });
    expect(state.workers.get("w@here")).toMatchObject({ freq: 60, loadavg: [1] });
    expect("polluted" in {}).toBe(false);
  });
});

describe("a worker in the state of a fleet", () => {
  it("is alive while its heartbeats come, and leaves with a good-bye", () => {
    const clock = new FakeClock(NOW * 1000);
    const told: string[] = [];
    const state = new EventState({
      clock,
      onNodeJoin: (worker) => told.push(`+${worker.hostname}`),
      onNodeLeave: (worker) => told.push(`-${worker.hostname}`),
    });
    const beat = (type: string, fields: Partial<ReceivedEvent> = {}): void =>
      state.event(
        event(type, { freq: 2, sw_ident: "q", active: 1, processed: 9, loadavg: [1, 2, 3], ...fields }),
      );
    beat("worker-online");
    beat("worker-heartbeat");
    const worker = state.workers.get("w@here")!;
    expect(worker).toMatchObject({
      freq: 2,
      active: 1,
      processed: 9,
      swIdent: "q",
      heartbeatExpires: NOW + 4,
    });
    expect([worker.id, worker.statusString(NOW * 1000)]).toEqual(["w@here.7", "ONLINE"]);
    expect(worker.isAlive((NOW + 4) * 1000)).toBe(false);
    expect(state.aliveWorkers()).toEqual([worker]);
    beat("worker-offline");
    expect([state.aliveWorkers(), told]).toEqual([[], ["+w@here", "-w@here"]]);
    expect(state.workers.has("w@here")).toBe(true);
  });

  it("keeps its newest heartbeats in order", () => {
    const state = new EventState();
    for (const at of [1, 5, 3, 9, 7, 8])
      state.event(event("worker-heartbeat", { local_received: NOW + at, timestamp: NOW + at }));
    expect(state.workers.get("w@here")?.heartbeats).toEqual([5, 7, 8, 9].map((at) => NOW + at));
  });

  it("is named, once, when its clock is wrong", () => {
    const logger = recordingLogger();
    const state = new EventState({ logger });
    for (let n = 0; n < 3; n++) state.event(event("worker-heartbeat", { timestamp: NOW - 100 }));
    expect(logger.lines).toMatchObject([
      { level: "warn", fields: { hostname: "w@here", driftSeconds: expect.closeTo(100) as number } },
    ]);
  });
});

it("comes to the states that Celery reported, from its recorded events", () => {
  const file = new URL("../../../../../test-integration/vectors/events_redis.json", import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
    cases: { body: ReceivedEvent[] | ReceivedEvent }[];
  };
  const state = new EventState();
  for (const { body } of cases)
    for (const one of [body].flat()) state.event({ ...one, local_received: one.timestamp });
  const final = (name: string): string[] => state.tasksByType(name).map((task) => task.state);
  expect(final("t.fail")).toEqual(["FAILURE"]);
  expect(final("t.add")).toContain("SUCCESS");
  expect([...state.workers.keys()].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["w1@wire", "w2@wire"]);
  expect(state.tasks.get("u-1")).toMatchObject({ state: "PROGRESS", worker: undefined });
});
