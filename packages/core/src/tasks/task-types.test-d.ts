import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { createApp } from "../app/create-app.ts";
import type { AsyncResult } from "../results/async-result.ts";
import type { EagerResult } from "../results/eager-result.ts";
import { defineTask } from "./define-task.ts";
import { TaskBase } from "./task-base.ts";
import type { TaskContext } from "./task-context.ts";

const app = createApp("types");
const add = app.task("t.add", (x: number, y: number) => x + y);

test("a task takes the arguments of its function, in number and type", () => {
  expectTypeOf(add).toBeCallableWith(1, 2);
  void add.delay(1, 2);
  expectTypeOf<Parameters<typeof add.delay>>().toEqualTypeOf<[x: number, y: number]>();
  // @ts-expect-error a text where a number belongs
  void add.delay("x", 2);
  // @ts-expect-error one argument too few
  void add.delay(1);
  // @ts-expect-error one argument too many
  void add.delay(1, 2, 3);
  // @ts-expect-error the same for a direct call
  add(1, "2");
  // @ts-expect-error and for applyAsync
  void add.applyAsync([1, "2"]);
  // @ts-expect-error and for apply
  void add.apply([1]);
});

test("the type of the result flows to get", () => {
  expectTypeOf(add(1, 2)).toEqualTypeOf<number>();
  expectTypeOf(add.delay(1, 2)).resolves.toEqualTypeOf<AsyncResult<number>>();
  expectTypeOf<Awaited<ReturnType<typeof add.delay>>["get"]>().returns.resolves.toEqualTypeOf<number>();
  expectTypeOf(add.apply([1, 2])).resolves.toEqualTypeOf<EagerResult<number>>();
  expectTypeOf(add.AsyncResult("id")).toEqualTypeOf<AsyncResult<number>>();
});

test("an async function gives its value, not a promise of one", () => {
  const page = app.task("t.page", async (url: string) => ({ url, size: 1 }));
  expectTypeOf(page("u")).toEqualTypeOf<Promise<{ url: string; size: number }>>();
  expectTypeOf(page.delay("u")).resolves.toEqualTypeOf<AsyncResult<{ url: string; size: number }>>();
});

test("a bound task gets its context in front, which callers do not give", () => {
  const bound = app.task({ name: "t.bound", bind: true }, (self, n: number) => {
    expectTypeOf(self).toEqualTypeOf<TaskContext>();
    return self.request.retries + n;
  });
  expectTypeOf<Parameters<typeof bound.delay>>().toEqualTypeOf<[n: number]>();
  // @ts-expect-error the context is not an argument
  void bound.delay({}, 1);
});

test("options, defaults and rest parameters keep their meaning", () => {
  const many = app.task(
    { name: "t.many", maxRetries: 1 },
    (first: string, second = 2, ...rest: boolean[]) => {
      return [first, second, rest].length;
    },
  );
  void many.delay("a");
  void many.delay("a", 1, true, false);
  // @ts-expect-error the rest is boolean
  void many.delay("a", 1, "b");
});

test("params name each parameter", () => {
  const named = app.task({ name: "t.named", params: ["x", "y"] }, (x: number, y: number) => x + y);
  expectTypeOf(named(1, 2)).toEqualTypeOf<number>();
  // @ts-expect-error one name for two parameters
  app.task({ name: "t.few", params: ["x"] }, (x: number, y: number) => x + y);
  // @ts-expect-error three names for two parameters
  app.task({ name: "t.more", params: ["x", "y", "z"] }, (x: number, y: number) => x + y);
});

test("arguments may all be keyword arguments", () => {
  void add.applyAsync([], { kwargs: { x: 1, y: 2 } });
  // @ts-expect-error no arguments and no keyword arguments
  void add.applyAsync([]);
  // @ts-expect-error an option that does not exist
  void add.applyAsync([1, 2], { countDown: 3 });
});

test("a schema types the arguments of its function", () => {
  const checked = app.task(
    { name: "t.checked", args: z.tuple([z.number(), z.string()]) },
    (n, text) => `${n.toFixed()}${text.trim()}`,
  );
  expectTypeOf<Parameters<typeof checked.delay>>().toEqualTypeOf<[number, string]>();
  // @ts-expect-error checked like any other
  void checked.delay("1", "2");
});

test("keyword arguments with a schema are given by name, never by position", () => {
  const report = app.task(
    { name: "t.report", kwargs: z.object({ month: z.string() }) },
    (shop: number, options: { month: string }) => `${shop.toFixed()} ${options.month}`,
  );
  void report.applyAsync([1], { kwargs: { month: "11" }, countdown: 3 });
  expectTypeOf(report(1, { month: "11" })).toEqualTypeOf<string>();
  // @ts-expect-error the object by position
  void report.delay(1, { month: "11" });
  // @ts-expect-error the object by position, with options
  void report.applyAsync([1, { month: "11" }]);
  // @ts-expect-error a required one is missing
  void report.delay(1);
  // @ts-expect-error not what the schema takes
  void report.applyAsync([1], { kwargs: { month: 11 } });

  const list = app.task(
    { name: "t.list", bind: true, kwargs: z.object({ page: z.number().optional() }) },
    (self, shop: number, options: { page?: number | undefined }) =>
      [self.request.id, shop, options.page].length,
  );
  expectTypeOf<Parameters<typeof list.delay>>().toEqualTypeOf<[shop: number]>();
  void list.delay(1);
  void list.applyAsync([1], { kwargs: { page: 2 } });
});

test("a task of a library keeps its types when an app takes it", () => {
  const loose = defineTask({ name: "lib.add" }, (x: number, y: number) => x + y);
  const own = app.register(loose);
  expectTypeOf<Parameters<typeof own.delay>>().toEqualTypeOf<[x: number, y: number]>();
  expectTypeOf(own(1, 2)).toEqualTypeOf<number>();
});

test("a class-based task has the types of its run method and its own members", () => {
  class Count extends TaskBase {
    override name = "t.count";
    calls = 0;
    override run(text: string): number {
      this.calls++;
      return text.length;
    }
  }
  const count = app.register(new Count());
  expectTypeOf(count.calls).toEqualTypeOf<number>();
  expectTypeOf<Parameters<typeof count.delay>>().toEqualTypeOf<[text: string]>();
  expectTypeOf(count.delay("x")).resolves.toEqualTypeOf<AsyncResult<number>>();
  // @ts-expect-error not a text
  void count.delay(1);
});

test("unknown options of a task are errors", () => {
  // @ts-expect-error no such option
  const task = app.task({ name: "t.x", maxRetry: 3 }, () => 1);
  expectTypeOf(task).not.toBeAny();
});
