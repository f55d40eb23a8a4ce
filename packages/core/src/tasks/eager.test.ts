import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FakeClock } from "@q/kernel/testing";
import { createApp } from "../app/create-app.ts";
import type { AppOptions } from "../app/app-options.ts";
import type { App } from "../app/app.ts";
import { RemoteTaskError } from "../errors.ts";
import type { AsyncResult } from "../results/async-result.ts";
import { EagerResult } from "../results/eager-result.ts";
import { Ignore, Reject } from "./steering.ts";
import { TaskBase, type TaskEnd } from "./task-base.ts";
import { currentTask, type TaskContext } from "./task-context.ts";

const NOW = Date.parse("2030-01-01T00:00:00Z");
let apps = 0;

function testApp(options: AppOptions = {}): App {
  const backend = `cache+memory://eager-${++apps}`;
  return createApp("test", { broker: "memory://eager", backend, clock: new FakeClock(NOW), ...options });
}

/** Notes every handler call. */
class Noting extends TaskBase {
  readonly notes: unknown[] = [];
  override beforeStart(context: TaskContext): void {
    this.notes.push(["beforeStart", context.request.retries]);
  }
  override onSuccess(result: unknown): void {
    this.notes.push(["onSuccess", result]);
  }
  override onFailure(error: Error): void {
    this.notes.push(["onFailure", error.message]);
  }
  override onRetry(reason: Error): void {
    this.notes.push(["onRetry", reason.message]);
  }
  override afterReturn(end: TaskEnd): void {
    this.notes.push([
      "afterReturn",
      end.status,
      end.outcome instanceof Error ? end.outcome.message : end.outcome,
    ]);
  }
}

const notes = (task: unknown): unknown[] => (task as Noting).notes;

describe("a task applied here and now", () => {
  it("gives a result with the whole API of a sent one, asking no backend", async () => {
    const app = testApp({ backend: "unknown-scheme://x" });
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const result = await add.apply([2, 3], { taskId: "one" });
    expect(result).toBeInstanceOf(EagerResult);
    expect([await result.get(), await result.info(), await result.result()]).toEqual([5, 5, 5]);
    expect([
      await result.state(),
      await result.ready(),
      await result.successful(),
      await result.failed(),
    ]).toEqual(["SUCCESS", true, true, false]);
    expect([result.id, result.toString(), result.asTuple(), await result.children()]).toEqual([
      "one",
      "one",
      [["one", null], null],
      [],
    ]);
    expect([await result.traceback(), await result.dateDone(), await result.exists()]).toEqual([
      undefined,
      new Date(NOW),
      true,
    ]);
    await Promise.all([result.forget(), result.revoke(), result.maybeThrow()]);
  });

  it("keeps the error itself, thrown by get unless told otherwise", async () => {
    const error = new RangeError("no");
    const fail = testApp().task("t.fail", () => {
      throw error;
    });
    const result = await fail.apply([]);
    await expect(result.get()).rejects.toBe(error);
    await expect(result.maybeThrow()).rejects.toBe(error);
    expect([await result.get({ propagate: false }), await result.info(), await result.traceback()]).toEqual([
      error,
      error,
      error.stack,
    ]);
    expect([await result.failed(), (await result.meta()).error?.excType]).toEqual([true, "RangeError"]);
  });

  it("throws at once when asked to, or when the settings say so", async () => {
    const run = (): never => {
      throw new RangeError("no");
    };
    await expect(testApp().task("t.fail", run).apply([], { throw: true })).rejects.toThrow(RangeError);
    const app = testApp({ taskEagerPropagates: true });
    await expect(app.task("t.fail", run).apply([])).rejects.toThrow(RangeError);
    await expect(app.task("t.fail", run).apply([], { throw: false })).resolves.toBeInstanceOf(EagerResult);
  });

  it("runs its retries at once, under one id, with what each attempt changes", async () => {
    const seen: unknown[] = [];
    const task = testApp().task({ name: "t.retry", bind: true }, (self, n: number) => {
      seen.push([self.request.id, self.request.retries, self.request.isEager, n]);
      return n < 3 ? self.retry({ args: [n + 1], countdown: 60 }) : n;
    });
    expect(await (await task.apply([1], { taskId: "one" })).get()).toBe(3);
    expect(seen).toEqual([
      ["one", 0, true, 1],
      ["one", 1, true, 2],
      ["one", 2, true, 3],
    ]);
  });

  it("runs its links and error links", async () => {
    const app = testApp();
    const seen: unknown[] = [];
    const note = app.task("t.note", (...args: unknown[]) => void seen.push(args));
    const half = app.task("t.half", (n: number) => {
      if (n % 2 === 1) throw new RangeError("odd");
      return n / 2;
    });
    const options = { taskId: "one", link: [note.s("good"), note.si("fixed")], linkError: note.s("bad") };
    await half.apply([4], options);
    await half.apply([3], options);
    expect(seen).toEqual([[2, "good"], ["fixed"], ["one", "bad"]]);
  });

  it("stores its result when the settings say so", async () => {
    const app = testApp({ taskStoreEagerResult: true });
    await using _ = app;
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const { id } = await add.apply([2, 3]);
    expect(await app.AsyncResult(id).get({ timeout: 20 })).toBe(5);
  });
});

describe("calls with task_always_eager", () => {
  it("run here, and their results are used like any other", async () => {
    const app = testApp({ taskAlwaysEager: true, broker: "unknown-scheme://x" });
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const total = app.task("t.total", async (n: number) => (await (await add.delay(n, 1)).get()) * 10);
    const result: AsyncResult<number> = await total.delay(1);
    expect([await result.get({ timeout: 20 }), (await result.meta())?.status]).toEqual([20, "SUCCESS"]);
    expect(await (await app.send(add.s(1), [2])).get()).toBe(3);
  });

  it("still refuse wrong arguments at the caller", async () => {
    const app = testApp({ taskAlwaysEager: true });
    const add = app.task("t.add", (x: number, y: number) => x + y);
    await expect((add.delay as () => Promise<unknown>)()).rejects.toMatchObject({
      code: "ERR_Q_TASK_ARGUMENTS",
    });
  });
});

describe("handlers", () => {
  it("are called around success: first before the body, last after everything", async () => {
    const task = testApp().task({ name: "t.ok", base: Noting }, () => "fine");
    await task.apply([]);
    expect(notes(task)).toEqual([
      ["beforeStart", 0],
      ["onSuccess", "fine"],
      ["afterReturn", "SUCCESS", "fine"],
    ]);
  });

  it("are told of every retry and of the failure at the end", async () => {
    const task = testApp().task({ name: "t.bad", base: Noting, autoretryFor: [Error], maxRetries: 1 }, () => {
      throw new Error("busy");
    });
    await task.apply([]);
    expect(notes(task)).toEqual([
      ["beforeStart", 0],
      ["onRetry", "busy"],
      ["afterReturn", "RETRY", "busy"],
      ["beforeStart", 1],
      ["onFailure", "busy"],
      ["afterReturn", "FAILURE", "busy"],
    ]);
  });

  it("see steering only at the return", async () => {
    const app = testApp();
    const ignoring = app.task({ name: "t.ignore", base: Noting }, () => {
      throw new Ignore();
    });
    const rejecting = app.task({ name: "t.reject", base: Noting }, () => {
      throw new Reject("bad");
    });
    expect(await (await ignoring.apply([])).state()).toBe("IGNORED");
    expect(await (await rejecting.apply([])).state()).toBe("REJECTED");
    expect(notes(ignoring).slice(1)).toEqual([["afterReturn", "IGNORED", undefined]]);
    expect(notes(rejecting).slice(1)).toEqual([["afterReturn", "REJECTED", "reject requeue=false: bad"]]);
  });
});

it("handlers are part of the task", async () => {
  const seen: unknown[] = [];
  class Looking extends TaskBase {
    override beforeStart = (): void => void seen.push(["beforeStart", currentTask()?.request.id]);
    override onSuccess = (): void => void seen.push(["onSuccess", currentTask()?.request.id]);
    override afterReturn = async (): Promise<void> => {
      await Promise.resolve();
      seen.push(["afterReturn", currentTask()?.request.id]);
    };
  }
  const task = testApp().task({ name: "t.looking", base: Looking }, () => 1);
  const { id } = await task.apply([]);
  expect(seen).toEqual(["beforeStart", "onSuccess", "afterReturn"].map((name) => [name, id]));
});

describe("middleware around the body", () => {
  it("runs from the outermost to the innermost, inside the task's context, and may change the result", async () => {
    const seen: string[] = [];
    const app = testApp({
      executeMiddleware: [
        async (context, next) => {
          seen.push(`outer ${context.name} ${context.request.args.length}`);
          return `<${String(await next())}>`;
        },
        async (_context, next) => {
          seen.push("inner");
          return next();
        },
      ],
    });
    const task = app.task("t.say", (text: string) => text);
    expect(await (await task.apply(["hi"])).get()).toBe("<hi>");
    expect(seen).toEqual(["outer t.say 1", "inner"]);
  });

  it("may keep the body from running, and fails the task with what it throws", async () => {
    let runs = 0;
    const app = testApp({ executeMiddleware: [async () => Promise.reject(new RangeError("closed"))] });
    const result = await app.task("t.x", () => runs++).apply([]);
    await expect(result.get()).rejects.toThrow("closed");
    expect(runs).toBe(0);
  });
});

describe("schemas", () => {
  it("give the body what they make of arguments and keyword arguments, and check the result", async () => {
    const task = testApp().task(
      {
        name: "t.checked",
        args: z.tuple([z.string().transform((text) => text.trim())]) as never,
        kwargs: z.object({ times: z.number().default(2) }),
        result: z.string().max(5),
      },
      (text: string, options: { times: number }) => text.repeat(options.times),
    );
    const apply = (args: unknown[], options?: object): Promise<EagerResult<string>> =>
      task.apply(args as never, options as never);
    expect(await (await apply([" ab "])).get()).toBe("abab");
    await expect((await apply([7])).get()).rejects.toThrow(
      "arguments of t.checked did not match its schema: [0]:",
    );
    await expect((await apply(["ab"], { kwargs: { times: 9 } })).get()).rejects.toThrow(
      "result of t.checked did not match",
    );
  });
});

it("errors of other workers pass through a task unchanged", async () => {
  const remote = new RemoteTaskError("ValueError: x", {
    excType: "ValueError",
    excModule: "builtins",
    args: ["x"],
    traceback: null,
  });
  const task = testApp().task("t.pass", () => {
    throw remote;
  });
  expect((await (await task.apply([])).meta()).error).toMatchObject({
    excType: "ValueError",
    excModule: "builtins",
  });
});
