import { describe, expect, it } from "vitest";
import { FakeClock } from "@q/kernel/testing";
import type { ResultMeta } from "@q/backends";
import { createApp } from "../app/create-app.ts";
import type { App } from "../app/app.ts";
import { RemoteTaskError, SyncSubtaskError } from "../errors.ts";
import { localRequest } from "../tasks/direct-call.ts";
import { runInContext, TaskContext } from "../tasks/task-context.ts";
import { AsyncResult } from "./async-result.ts";
import { resultFromTuple } from "./result-from-tuple.ts";
import { ResultSet } from "./result-set.ts";

let apps = 0;

function testApp(clock = new FakeClock()): App {
  const name = `results-${++apps}`;
  return createApp("test", { broker: `memory://${name}`, backend: `cache+memory://${name}`, clock });
}

const stored = (meta: Partial<ResultMeta>): ResultMeta => ({
  taskId: "one",
  status: "SUCCESS",
  result: null,
  traceback: null,
  children: null,
  dateDone: null,
  ...meta,
});

async function store(app: App, meta: Partial<ResultMeta>): Promise<void> {
  await (await app.backend()).store(stored(meta));
}

const failure = {
  status: "FAILURE",
  error: { excType: "ValueError", excModule: "builtins", excMessage: ["boom"] },
  traceback: "Traceback …",
} as const;

describe("a result", () => {
  it.each([
    [10, "get takes its options as an object, { timeout: 10 } with seconds, not 10."],
    [{ timout: 10 }, 'get has no option "timout". Did you mean "timeout"?'],
    [{ timeout: "10" }, 'option "timeout" of get is not a number of seconds: 10'],
  ])("refuses %o as options of get, which would wait for ever", async (options, message) => {
    await using app = testApp();
    const results = [app.AsyncResult("one"), new ResultSet(app, [app.AsyncResult("one")])];
    for (const result of results) await expect(result.get(options as object)).rejects.toThrow(message);
  });

  it("of an unknown id is pending and has nothing", async () => {
    await using app = testApp();
    const result = app.AsyncResult("none");
    expect([await result.state(), await result.ready(), await result.exists()]).toEqual([
      "PENDING",
      false,
      false,
    ]);
    expect([await result.info(), await result.meta(), await result.children()]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    await result.maybeThrow();
  });

  it("that was stored can be read in every way", async () => {
    await using app = testApp();
    const children = [[["child", [["one", null], null]], null]] as unknown as ResultMeta["children"];
    await store(app, { result: { n: 1 }, children, dateDone: "2030-01-02T03:04:05.678901" });
    const result = app.AsyncResult<{ n: number }>("one");
    expect([await result.get(), await result.info(), await result.result()]).toEqual([
      { n: 1 },
      { n: 1 },
      { n: 1 },
    ]);
    expect([await result.state(), await result.successful(), await result.failed()]).toEqual([
      "SUCCESS",
      true,
      false,
    ]);
    const [child] = await result.children();
    expect([child?.id, child?.parent?.id]).toEqual(["child", "one"]);
    expect(await result.dateDone()).toEqual(new Date("2030-01-02T03:04:05.678Z"));
  });

  it("of a failed task throws from get, and is the error everywhere else", async () => {
    await using app = testApp();
    await store(app, failure);
    const result = app.AsyncResult("one");
    await expect(result.get()).rejects.toBeInstanceOf(RemoteTaskError);
    await expect(result.maybeThrow()).rejects.toThrow("ValueError: boom");
    expect(await result.get({ propagate: false })).toBeInstanceOf(RemoteTaskError);
    expect([await result.failed(), await result.traceback()]).toEqual([true, "Traceback …"]);
    expect(await result.info()).toMatchObject({ excType: "ValueError", args: ["boom"] });
  });

  it("of a task that will be retried is no reason to throw yet", async () => {
    await using app = testApp();
    await store(app, { ...failure, status: "RETRY" });
    const result = app.AsyncResult("one");
    await result.maybeThrow();
    expect([await result.ready(), (await result.info()) instanceof RemoteTaskError]).toEqual([false, true]);
  });

  it("of a revoked task throws", async () => {
    await using app = testApp();
    const error = { excType: "TaskRevokedError", excModule: "celery.exceptions", excMessage: ["expired"] };
    await store(app, { status: "REVOKED", error });
    await expect(app.AsyncResult("one").get()).rejects.toMatchObject({
      code: "ERR_Q_TASK_REVOKED",
      message: "expired",
    });
  });

  it("can be forgotten", async () => {
    await using app = testApp();
    await store(app, { result: 1 });
    await app.AsyncResult("one").forget();
    expect(await app.AsyncResult("one").exists()).toBe(false);
  });

  it("travels as a tuple with its ancestors", () => {
    const app = testApp();
    const grandchild = new AsyncResult("c", app, {
      parent: new AsyncResult("b", app, { parent: app.AsyncResult("a") }),
    });
    // So it can be what a task gives back, or an argument.
    const tuple = JSON.parse(JSON.stringify(grandchild)) as ReturnType<typeof grandchild.asTuple>;
    const back = resultFromTuple(tuple, app);
    expect([back.id, back.parent?.id, back.parent?.parent?.id, back.parent?.parent?.parent]).toEqual([
      "c",
      "b",
      "a",
      undefined,
    ]);
    expect(back.asTuple()).toEqual(grandchild.asTuple());
  });
});

describe("waiting for a result", () => {
  it("goes on until the task has ended, and reports the states on the way", async () => {
    await using app = testApp();
    const seen: unknown[] = [];
    const waiting = app
      .AsyncResult("one")
      .get({ onMessage: ({ status, result }) => seen.push([status, result]) });
    await store(app, { status: "STARTED", result: { pid: 1 } });
    await store(app, { status: "PROGRESS", result: 50 });
    await store(app, { result: "done" });
    expect(await waiting).toBe("done");
    expect(seen.at(-1)).toEqual(["SUCCESS", "done"]);
  });

  it("ends after the timeout, in the app's time", async () => {
    const clock = new FakeClock();
    await using app = testApp(clock);
    let error: unknown;
    const waiting = app
      .AsyncResult("one")
      .get({ timeout: 5 })
      .catch((thrown: unknown) => (error = thrown));
    await clock.advance(4999);
    expect(error).toBeUndefined();
    await clock.advance(1);
    await waiting;
    expect(error).toMatchObject({ code: "ERR_Q_TIMEOUT", message: "no result of task one within 5 s" });
  });

  it("leaves no timer behind", async () => {
    const clock = new FakeClock();
    await using app = testApp(clock);
    await store(app, { result: 1 });
    const before = clock.pending;
    await app.AsyncResult("one").get({ timeout: 5 });
    expect(clock.pending).toBe(before);
  });

  it("ends with the reason of its signal, before or while it waits", async () => {
    await using app = testApp();
    const reason = new Error("called off");
    await expect(app.AsyncResult("one").get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = app.AsyncResult("one").get({ signal: stop.signal });
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it("is over at once for a call that asked for no result", async () => {
    await using app = testApp();
    const add = app.task({ name: "t.add", ignoreResult: true }, (x: number) => x);
    const ignored = await add.delay(1);
    expect([ignored.ignored, await ignored.get()]).toEqual([true, null]);
    const wanted = await add.applyAsync([1], { ignoreResult: false });
    expect(wanted.ignored).toBe(false);
  });
});

describe("waiting inside a task", () => {
  function context(app: App, parts: Parameters<typeof localRequest>[1]): TaskContext {
    const task = app.task("t.outer", () => 1);
    const own = app.tasks.get(task.name);
    const signal = (): AbortSignal => new AbortController().signal;
    return new TaskContext({ task: own, request: localRequest(own, parts), signal, logger: app.logger });
  }

  it("is refused where a worker runs it, also below a task called directly, unless insisted on", async () => {
    await using app = testApp();
    await store(app, { result: 1 });
    const wait = app.task("t.wait", async () => app.AsyncResult("one").get());
    const insist = async (): Promise<unknown> => app.AsyncResult("one").get({ disableSyncSubtasks: false });
    const inWorker = context(app, {});
    await expect(runInContext(inWorker, () => app.AsyncResult("one").get())).rejects.toThrow(
      SyncSubtaskError,
    );
    await expect(runInContext(inWorker, () => wait())).rejects.toThrow(SyncSubtaskError);
    expect(await runInContext(inWorker, insist)).toBe(1);
  });

  it("is free where no worker's slot is held: in direct and eager calls of a program", async () => {
    await using app = testApp();
    await store(app, { result: 1 });
    const wait = app.task("t.wait", async () => app.AsyncResult("one").get());
    expect([await wait(), await (await wait.apply([])).get()]).toEqual([1, 1]);
  });
});

describe("a call inside a task", () => {
  it("becomes a child of the task that a worker runs, not of one that it calls as a function", async () => {
    await using app = testApp();
    const messages: unknown[] = [];
    const next = app.task("t.next", () => 1);
    const direct = app.task("t.direct", async () => (await next.delay()).id);
    const own = app.tasks.get("t.direct");
    const request = localRequest(own, { headers: { id: "worker-task", root_id: "root" } });
    const signal = (): AbortSignal => new AbortController().signal;
    const outer = new TaskContext({ task: own, request, signal, logger: app.logger });
    app.events.on("task:sent", (event) => messages.push(event.name));
    const id = await runInContext(outer, () => direct());
    expect(request.children).toEqual([[[id, null], null]]);
    await runInContext(outer, () => next.applyAsync([], { addToParent: false }));
    expect([request.children.length, messages]).toEqual([1, ["t.next", "t.next"]]);
  });

  it("has no parent when the task was called as a function outside of a worker", async () => {
    const seen: unknown[] = [];
    await using app = createApp("test", {
      broker: "memory://no-parent",
      publishMiddleware: [
        async (context, next) => {
          seen.push([context.task.parentId, context.task.rootId === context.task.id]);
          await next();
        },
      ],
    });
    const next = app.task("t.next", () => 1);
    await app.task("t.direct", async () => next.delay())();
    expect(seen).toEqual([[null, true]]);
  });
});
