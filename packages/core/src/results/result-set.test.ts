import { FakeClock } from "@q/kernel/testing";
import type { ResultTuple } from "@q/backends";
import { describe, expect, it } from "vitest";
import { localRequest } from "../tasks/direct-call.ts";
import { runInContext, TaskContext } from "../tasks/task-context.ts";
import { GroupResult } from "./group-result.ts";
import type { ResultHandle } from "./result-handle.ts";
import { ResultSet } from "./result-set.ts";
import { appWithResults, FAILURE } from "./stored-results.fixture.ts";

describe("a set of results", () => {
  it("has each once, in order, until they are taken out", async () => {
    const { app } = appWithResults();
    const [a, b, c] = ["a", "b", "c"].map((id) => app.AsyncResult(id));
    const set = new ResultSet(app, [a, b] as never);
    set.add(app.AsyncResult("b"));
    set.update([c, a] as never);
    expect([...set].map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(set.discard("nobody")).toBe(false);
    expect(() => set.remove("nobody")).toThrow(RangeError);
    set.remove("a");
    expect(set.discard(b as never)).toBe(true);
    expect([set.length, String(set)]).toEqual([1, "<ResultSet: [c]>"]);
    set.clear();
    expect(set.results).toEqual([]);
    expect([await set.ready(), await set.successful(), await set.failed(), await set.get()]).toEqual([
      true,
      true,
      false,
      [],
    ]);
  });

  it("knows how far it has come, groups inside counted task by task", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    const inner = new GroupResult("g", app, { results: [app.AsyncResult("b"), app.AsyncResult("c")] });
    const set = new ResultSet(app, [app.AsyncResult("a"), inner]);
    expect(await set.progress()).toEqual({ total: 3, successful: 0, failed: 0, waiting: 3 });
    await store("a");
    await store("b", FAILURE);
    expect(await set.progress()).toEqual({ total: 3, successful: 1, failed: 1, waiting: 1 });
    expect([await set.ready(), await set.waiting(), await set.failed(), await set.successful()]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    await store("c");
    expect([await set.ready(), await set.completedCount()]).toEqual([true, 2]);
    await expect(set.maybeThrow()).rejects.toMatchObject({ excType: "ValueError" });
  });

  it("gives all values in order, those of groups inside as lists", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    const inner = new GroupResult("g", app, { results: [app.AsyncResult("b"), app.AsyncResult("c")] });
    const seen: unknown[] = [];
    const values = new ResultSet(app, [app.AsyncResult("a"), inner]).get({
      callback: (id, value) => seen.push([id, value]),
    });
    for (const [index, id] of ["c", "a", "b"].entries()) await store(id, { result: index });
    expect(await values).toEqual([1, [2, 0]]);
    expect(seen).toHaveLength(3);
  });

  it("fails with the first failure, or has errors among its values", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    const set = new ResultSet(app, [app.AsyncResult("never"), app.AsyncResult("bad")]);
    await store("bad", FAILURE);
    await expect(set.get()).rejects.toMatchObject({ code: "ERR_Q_REMOTE_TASK", excType: "ValueError" });
    await store("never", { result: 5 });
    expect(await set.join({ propagate: false })).toEqual([
      5,
      expect.objectContaining({ excType: "ValueError" }),
    ]);
  });

  it("stops waiting at the timeout, or when it is told to", async () => {
    const clock = new FakeClock();
    const { app } = appWithResults(clock);
    await using _ = app;
    const set = new ResultSet(app, [app.AsyncResult("never")]);
    await app.backend();
    const late = set.get({ timeout: 2 }).catch((error: unknown) => error);
    await clock.advance(2000);
    expect(await late).toMatchObject({ message: "no result of 1 tasks within 2 s" });
    const stopped = set.joinNative({ signal: AbortSignal.abort(new Error("enough")) });
    await expect(stopped).rejects.toThrow("enough");
  });

  it("yields its members as they end, failed ones too", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    const inner = new GroupResult("g", app, { results: [app.AsyncResult("b"), app.AsyncResult("c")] });
    const empty = new GroupResult("e", app, { results: [] });
    const set = new ResultSet(app, [app.AsyncResult("a"), inner, empty]);
    const seen: unknown[] = [];
    const next: Record<number, () => Promise<void>> = {
      0: () => store("c", { result: 3 }).then(() => store("b", { result: 2 })),
      1: () => store("a", FAILURE),
    };
    for await (const end of set) {
      seen.push([end.index, end.ok ? end.value : end.error.message]);
      await next[seen.length - 1]?.();
    }
    expect(seen).toEqual([
      [2, []],
      [1, [2, 3]],
      [0, "ValueError: boom"],
    ]);
  });

  it("is not waited for inside a task", async () => {
    const { app } = appWithResults();
    const task = app.task("t.outer", () => 0) as never;
    const context = new TaskContext({
      task,
      request: localRequest(task, {}),
      signal: () => new AbortController().signal,
      logger: app.logger,
    });
    await runInContext(context, async () => {
      await expect(new ResultSet(app).get()).rejects.toMatchObject({ code: "ERR_Q_SYNC_SUBTASK" });
      expect(await new ResultSet(app).get({ disableSyncSubtasks: false })).toEqual([]);
    });
  });

  it("is forgotten as a whole", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    await store("a");
    await store("b");
    await new ResultSet(app, [app.AsyncResult("a"), app.AsyncResult("b")]).forget();
    expect(await (await app.backend()).get(["a", "b"])).toEqual([undefined, undefined]);
  });
});

describe("the result of a group", () => {
  it("is saved, found again, and deleted", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    const group = new GroupResult("g", app, {
      results: [app.AsyncResult("a"), new GroupResult("h", app, { results: [] })],
      parent: app.AsyncResult("before"),
    });
    await group.save();
    await store("a", { result: 1 });
    const found = await app.restoreGroup("g");
    expect(found?.asTuple()).toEqual(group.asTuple());
    expect(await found?.get()).toEqual([1, []]);
    expect(found?.parent?.id).toBe("before");
    await group.delete();
    expect(await app.restoreGroup("g")).toBeUndefined();
  });

  it("travels in Celery's form", () => {
    const { app } = appWithResults();
    const group = new GroupResult("g", app, {
      results: [app.AsyncResult("a")],
      parent: app.AsyncResult("p"),
    });
    expect(group.asTuple()).toEqual([["g", [["p", null], null]], [[["a", null], null]]]);
    expect(String(group)).toBe("<GroupResult: g [a]>");
  });
});

describe("results of a chain", () => {
  it("of ten thousand steps travel there and back", () => {
    const { app } = appWithResults();
    let tuple: ResultTuple = [["0", null], null];
    for (let step = 1; step < 10_000; step++) tuple = [[String(step), tuple], null];
    let steps = 0;
    const back = app.resultFromTuple(app.resultFromTuple(tuple).asTuple());
    for (let one: ResultHandle | undefined = back; one; one = one.parent) steps++;
    expect(steps).toBe(10_000);
  });

  it("fail when one before has failed, without waiting for the last", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    await store("first", FAILURE);
    const last = app.resultFromTuple([["last", [["second", [["first", null], null]], null]], null]);
    await expect(last.get()).rejects.toMatchObject({ excType: "ValueError" });
    await store("last", { result: 1 });
    expect(await last.get({ followParents: false })).toBe(1);
  });

  it("show every state on the way", async () => {
    const { app, store } = appWithResults();
    await using _ = app;
    await store("one", { status: "STARTED" });
    const seen: string[] = [];
    for await (const { status } of app.AsyncResult("one").states()) {
      seen.push(status);
      if (status === "STARTED") await store("one", { status: "PROGRESS", result: 50 });
      if (status === "PROGRESS") await store("one");
    }
    expect(seen).toEqual(["STARTED", "PROGRESS", "SUCCESS"]);
  });
});
