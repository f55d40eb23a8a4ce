import { describe, expect, it } from "vitest";
import { createApp } from "../app/create-app.ts";
import { currentTask, runInContext, TaskContext } from "../tasks/task-context.ts";
import { localRequest } from "../tasks/direct-call.ts";

const appOf = (options = {}) =>
  createApp("test", { broker: "memory://", backend: "cache+memory://", ...options });

/** A context as a worker makes one for the task of `id`. */
function contextOf(app: ReturnType<typeof appOf>, id: string): TaskContext {
  const task = app.task("test.long", () => currentTask());
  const signal = () => new AbortController().signal;
  return new TaskContext({
    task,
    request: localRequest(task, { headers: { id } }),
    signal,
    logger: app.logger,
  });
}

describe("a task that may be aborted", () => {
  it("sees that its result was asked to abort, and is not ready for that", async () => {
    await using app = appOf();
    const result = app.AsyncResult(crypto.randomUUID());
    const context = contextOf(app, result.id);
    expect(await context.isAborted()).toBe(false);
    await result.abort();
    expect([await context.isAborted(), await result.state(), await result.ready()]).toEqual([
      true,
      "ABORTED",
      false,
    ]);
  });

  it("is not aborted by any other state", async () => {
    await using app = appOf();
    const context = contextOf(app, crypto.randomUUID());
    await context.updateState({ state: "PROGRESS" });
    expect(await context.isAborted()).toBe(false);
  });
});

describe("the trail of a task", () => {
  it("is the results that it sends or adds, unless it keeps none", async () => {
    await using app = appOf();
    const child = app.task("test.child", () => 1);
    const context = contextOf(app, "parent");
    const sent = await runInContext(context, () => child.delay());
    context.addTrail(app.AsyncResult("added"));
    expect(context.request.children.map(([[id]]) => id)).toEqual([sent.id, "added"]);

    const trailless = app.task({ name: "test.none", trail: false }, () => 1);
    const none = new TaskContext({
      task: trailless,
      request: localRequest(trailless, {}),
      signal: () => new AbortController().signal,
      logger: app.logger,
    });
    none.addTrail(app.AsyncResult("added"));
    expect(none.request.children).toEqual([]);
  });
});

describe("the error of a task that failed elsewhere", () => {
  const failed = async (options: object): Promise<Error> => {
    await using app = appOf(options);
    const id = crypto.randomUUID();
    await (
      await app.backend()
    ).store({
      taskId: id,
      status: "FAILURE",
      result: null,
      error: { excType: "ValueError", excModule: "builtins", excMessage: ["no"] },
      traceback: "Traceback: line 7 of there.py",
      children: [],
      dateDone: null,
    });
    return (await app.AsyncResult(id).get({ propagate: false })) as Error;
  };

  it("shows the stack of the worker below its own with task_remote_tracebacks", async () => {
    const { stack } = await failed({ taskRemoteTracebacks: true });
    expect(stack).toMatch(/aborting\.test|async-result[^]*In the worker:\nTraceback: line 7 of there\.py$/);
  });

  it("keeps it in its traceback only, otherwise", async () => {
    const error = await failed({});
    expect(error.stack).not.toContain("there.py");
    expect(error).toMatchObject({ traceback: "Traceback: line 7 of there.py" });
  });
});
