import { describe, expect, it } from "vitest";
import { ImproperlyConfiguredError } from "@q/kernel";
import { createApp } from "../app/create-app.ts";
import type { AppOptions } from "../app/app-options.ts";
import type { App } from "../app/app.ts";
import { NotRegisteredError } from "../errors.ts";
import { defineTask } from "./define-task.ts";
import { TaskBase } from "./task-base.ts";
import { currentTask, type TaskContext } from "./task-context.ts";

function testApp(options: AppOptions = {}): App {
  return createApp("test", { broker: "memory://", backend: "cache+memory://", ...options });
}

describe("a task called as the function it is", () => {
  it("gives the function's own result and error, and sends nothing", async () => {
    const app = testApp({ broker: "unknown-scheme://x" });
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const fail = app.task("t.fail", async () => Promise.reject(new RangeError("no")));
    expect(add(2, 2)).toBe(4);
    await expect(fail()).rejects.toThrow(RangeError);
  });

  it("runs in a context of its own, marked as called directly", () => {
    const app = testApp();
    const look = app.task({ name: "t.look", bind: true }, (self, _n: number) => self);
    const self = look(1);
    expect(self.request).toMatchObject({
      calledDirectly: true,
      isEager: false,
      args: [1],
      retries: 0,
      task: "t.look",
    });
    expect(self.request.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(self.app).toBe(app);
  });

  it("is the current task only while it runs, also across awaits and inside other tasks", async () => {
    const app = testApp();
    const names: (string | undefined)[] = [];
    const note = (): void => void names.push(currentTask()?.name);
    const inner = app.task("t.inner", async () => {
      note();
      await Promise.resolve();
      note();
    });
    const outer = app.task("t.outer", async () => {
      note();
      await inner();
      note();
    });
    note();
    await outer();
    note();
    expect(names).toEqual([undefined, "t.outer", "t.inner", "t.inner", "t.outer", undefined]);
  });

  it("shares the signal of the task that calls it", async () => {
    const app = testApp();
    const inner = app.task({ name: "t.inner", bind: true }, (self) => self.signal);
    const outer = app.task({ name: "t.outer", bind: true }, (self) => [self.signal, inner()]);
    const [own, below] = outer();
    expect(below).toBe(own);
    expect(own?.aborted).toBe(false);
  });

  it("has its name and the members of a task, not those of a function", () => {
    const add = testApp().task("t.add", (x: number, y: number) => x + y);
    expect([add.name, typeof add, add.resolved.maxRetries]).toEqual(["t.add", "function", 3]);
  });
});

describe("options that there are not", () => {
  it("become attributes of the task, as in Celery", () => {
    class Owned extends TaskBase {
      owner = "nobody";
    }
    const app = createApp("test");
    const options = { name: "t.owned", base: Owned, owner: "billing", color: "red" };
    const task = app.task(options, () => 1);
    expect([Reflect.get(task, "owner"), Reflect.get(task, "color")]).toEqual(["billing", "red"]);
  });

  it.each([
    ["maxRetry", 'task "t.slip" has no option "maxRetry". Did you mean "maxRetries"?'],
    ["ackLate", 'Did you mean "acksLate"?'],
    ["delay", 'no option "delay". Every task has something else of that name.'],
  ])("are refused when they are slips, or hide a member: %s", (name, message) => {
    const app = createApp("test");
    expect(() => app.task({ name: "t.slip", [name]: 1 } as { name: string }, () => 1)).toThrow(message);
  });

  it.each([
    ["maxRetries", "three", "whole number, 0 or more, or null"],
    ["rateLimit", "10/parsec", 'rate such as "10/m", or number per second, or null'],
    ["timeLimit", "3 s", "number of seconds, 0 or more, or null"],
    ["acksLate", "perhaps", "boolean"],
    ["priority", 1.5, "whole number, or null"],
  ])("nor values of the wrong type: %s", (name, value, expected) => {
    const app = createApp("test", { taskAnnotations: { "t.annotated": { [name]: value } } });
    const message = `option "${name}" cannot be ${JSON.stringify(value)}. Expected: ${expected}.`;
    expect(() => app.task({ name: "t.x", [name]: value } as { name: string }, () => 1)).toThrow(message);
    const annotated = app.task("t.annotated", () => 1);
    expect(() => annotated.resolved).toThrow(message);
  });
});

describe("registering tasks", () => {
  it("finds them by name, replaces them, and lists them with Celery's own last", () => {
    const app = testApp();
    app.task("t.b", () => 1);
    app.task("celery.ping", () => "pong");
    app.task("t.a", () => 1);
    const again = app.task("t.b", () => 2);
    expect(app.tasks.names()).toEqual(["t.a", "t.b", "celery.ping"]);
    expect(app.tasks.get("t.b")).toBe(again);
    app.tasks.unregister("t.a");
    expect(() => app.tasks.get("t.a")).toThrow(NotRegisteredError);
    expect(() => app.tasks.unregister("t.a")).toThrow(/"t\.a" is registered/);
  });

  it("demands a name", () => {
    expect(() => testApp().register(new TaskBase())).toThrow(ImproperlyConfiguredError);
  });

  it("makes no use of a task before it has an app", () => {
    const loose = defineTask("lib.add", (x: number, y: number) => x + y);
    expect(() => loose.resolved).toThrow("task lib.add is not registered with an app");
  });

  it("lets two apps have the same task of a library without sharing it", () => {
    const loose = defineTask("lib.add", (x: number, y: number) => x + y);
    const [one, two] = [testApp(), testApp({ taskIgnoreResult: true })];
    const [first, second] = [one.register(loose), two.register(loose)];
    expect([first.app, second.app]).toEqual([one, two]);
    expect([first.resolved.ignoreResult, second.resolved.ignoreResult]).toEqual([false, true]);
    expect([first(1, 2), second(1, 2)]).toEqual([3, 3]);
    expect([one.tasks.get("lib.add"), two.tasks.get("lib.add")]).toEqual([first, second]);
  });

  it("of one app does not show in another", () => {
    testApp().task("t.only", () => 1);
    expect(testApp().tasks.names()).not.toContain("t.only");
  });
});

describe("a class-based task", () => {
  class Counter extends TaskBase {
    override name = "t.counter";
    override options = { name: "t.counter", maxRetries: 7, params: ["text"] };
    runs = 0;

    override run(text: string): string {
      this.runs++;
      return `${this.runs}: ${text} in ${currentTask()?.request.task}`;
    }
  }

  it("runs its run method on the one instance, with its options", async () => {
    const app = testApp();
    const counter = app.register(new Counter());
    await counter.apply(["a"]);
    const second = await counter.apply([] as never, { kwargs: { text: "b" } });
    expect(await second.get()).toBe("2: b in t.counter");
    expect([counter.runs, counter.resolved.maxRetries]).toEqual([2, 7]);
    expect(() => counter.checkArguments([])).toThrow("missing arguments: 'text'");
  });

  it("may have its name among its options only", () => {
    class Named extends TaskBase {
      override options = { name: "t.named" };
    }
    const app = testApp();
    app.register(new Named());
    expect(app.tasks.get("t.named").name).toBe("t.named");
  });

  it("without a run method fails when it runs", async () => {
    class Empty extends TaskBase {
      override name = "t.empty";
    }
    const result = await testApp().register(new Empty()).apply([]);
    await expect(result.get()).rejects.toThrow("task t.empty has no run method");
  });
});

describe("a base class", () => {
  class Audited extends TaskBase {
    override options = { name: "", maxRetries: 9, queue: "audit" };
    seen: unknown[] = [];

    override onSuccess(result: unknown, context: TaskContext): void {
      this.seen.push([context.name, result]);
    }
  }

  it("gives its options and handlers to the tasks that name it", async () => {
    const app = testApp();
    const task = app.task({ name: "t.audited", base: Audited, queue: "own" }, (x: number) => x * 2);
    const other = app.task({ name: "t.other", base: Audited }, () => 1);
    await task.apply([4]);
    expect(task.declared).toMatchObject({ name: "t.audited", maxRetries: 9, queue: "own" });
    expect((task as unknown as Audited).seen).toEqual([["t.audited", 8]]);
    expect((other as unknown as Audited).seen).toEqual([]);
  });
});

describe("annotations", () => {
  it("change any option from outside: by name, for all, or by a function", () => {
    const app = testApp({
      taskAnnotations: [
        { "*": { maxRetries: 1, rateLimit: "5/m" }, "t.a": { maxRetries: 2 } },
        ({ name }) => (name === "t.b" ? { queue: "bees" } : undefined),
      ],
    });
    const [a, b] = [app.task("t.a", () => 1), app.task({ name: "t.b", queue: "x" }, () => 1)];
    expect(a.resolved).toMatchObject({ maxRetries: 2, rateLimit: "5/m" });
    expect([b.resolved.maxRetries, b.declared.queue]).toEqual([1, "bees"]);
  });

  it("replace handlers, and read text as a configuration file has it", async () => {
    const seen: unknown[] = [];
    const onSuccess = (result: unknown): void => void seen.push(result);
    const app = testApp({ taskAnnotations: { "*": { maxRetries: "7", onSuccess } } as never });
    const task = app.task("t.a", () => 42);
    expect(task.resolved.maxRetries).toBe(7);
    await task.apply([]);
    expect(seen).toEqual([42]);
  });

  it("and settings count from the moment they change", () => {
    const app = testApp();
    const task = app.task("t.a", () => 1);
    expect([task.resolved.acksLate, task.resolved.maxRetries]).toEqual([false, 3]);
    app.config.update({ taskAcksLate: true, taskAnnotations: { "t.a": { maxRetries: 0 } } });
    expect([task.resolved.acksLate, task.resolved.maxRetries]).toEqual([true, 0]);
  });
});

describe("what a task leaves open", () => {
  it("comes from the settings", () => {
    const app = testApp({
      taskTimeLimit: 10,
      taskSoftTimeLimit: 5,
      taskIgnoreResult: true,
      taskTrackStarted: true,
      taskAcksOnFailureOrTimeout: false,
      taskAcksOnTimeout: true,
      taskDefaultRateLimit: "1/s",
    });
    expect(app.task("t.plain", () => 1).resolved).toMatchObject({
      timeLimit: 10,
      softTimeLimit: 5,
      ignoreResult: true,
      trackStarted: true,
      acksOnFailure: false,
      acksOnTimeout: true,
      rateLimit: "1/s",
      defaultRetryDelay: 180,
      retryBackoffMax: 600,
      resultreprMaxsize: 1024,
    });
    const own = {
      name: "t.own",
      timeLimit: 1,
      ignoreResult: false,
      acksOnFailure: true,
      maxRetries: null,
    } as const;
    expect(app.task(own, () => 1).resolved).toMatchObject({
      timeLimit: 1,
      ignoreResult: false,
      acksOnFailure: true,
      maxRetries: null,
    });
  });
});
