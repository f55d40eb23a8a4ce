import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type App, type AppEvents, Ignore, Reject, SoftTimeLimitExceeded, TimeLimitExceeded } from "@q/core";
import { deferred } from "@q/kernel";
import { FakeClock, type RecordingLogger } from "@q/kernel/testing";
import type { ResultMeta } from "@q/backends";
import { bench } from "./testing/bench.ts";

const wait = { timeout: 20 };

/** Resolves with the next event of that name. */
function next(app: App, name: keyof AppEvents): Promise<unknown> {
  const told = deferred<unknown>();
  app.events.on(name, (event) => told.resolve(event));
  return told.promise;
}

const lines = (logger: RecordingLogger, message: string): unknown[] =>
  logger.lines.filter((line) => line.message === message).map(({ level, fields }) => ({ level, ...fields }));

describe("a worker", () => {
  it("runs a task and stores its value, with everything known about the run when results are extended", async () => {
    const { app, work } = bench({ resultExtended: true });
    const add = app.task({ name: "t.add", params: ["x", "y"] }, (x: number, y: number) => x + y);
    await work();
    const result = await add.applyAsync([2] as never, { kwargs: { y: 3 } });
    expect(await result.get(wait)).toBe(5);
    expect(await result.meta()).toMatchObject({
      status: "SUCCESS",
      traceback: null,
      children: [],
      extended: { name: "t.add", args: [2], kwargs: { y: 3 }, worker: "w@here", retries: 0, queue: "celery" },
    });
    expect(await result.dateDone()).toBeInstanceOf(Date);
  });

  it("stores a failure with class, arguments and stack", async () => {
    const { app, work, logger } = bench();
    const fail = app.task("t.fail", () => {
      throw new RangeError("out of range");
    });
    await work();
    const result = await fail.delay();
    await expect(result.get(wait)).rejects.toMatchObject({ excType: "RangeError", args: ["out of range"] });
    expect(await result.traceback()).toContain("running-worker.test");
    expect(lines(logger, "task failed")).toMatchObject([
      { level: "error", taskName: "t.fail", taskId: result.id },
    ]);
  });

  it("logs an expected failure quietly", async () => {
    const { app, work, logger } = bench();
    const fail = app.task({ name: "t.fail", throws: [RangeError] }, () => {
      throw new RangeError("as expected");
    });
    await work();
    await expect((await fail.delay()).get(wait)).rejects.toThrow("as expected");
    expect(lines(logger, "task failed as expected")).toMatchObject([
      { level: "info", reason: "as expected" },
    ]);
  });

  it("fails a task whose value or whose error cannot be written down, and tells its caller", async () => {
    const { app, work } = bench();
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const value = app.task("t.value", () => cyclic);
    const error = app.task("t.error", () => {
      throw Object.assign(new Error("with a cycle"), { args: [cyclic, "readable"] });
    });
    await work();
    await expect((await value.delay()).get(wait)).rejects.toMatchObject({ excType: "EncodeError" });
    await expect((await error.delay()).get(wait)).rejects.toMatchObject({
      excType: "Error",
      args: [expect.any(String), "readable"],
    });
  });

  it("stores nothing for ignored results, except errors when asked to", async () => {
    const { app, work } = bench();
    const quiet = app.task({ name: "t.quiet", ignoreResult: true }, () => 1);
    const loud = app.task({ name: "t.loud", ignoreResult: true, storeErrorsEvenIfIgnored: true }, () => {
      throw new Error("kept");
    });
    await work();
    const done = next(app, "task:succeeded");
    const first = await quiet.delay();
    await done;
    expect(await app.AsyncResult(first.id).state()).toBe("PENDING");
    const second = await loud.delay();
    await expect(app.AsyncResult(second.id).get(wait)).rejects.toThrow("kept");
  });

  it("reports STARTED and states of one's own on the way", async () => {
    const { app, work } = bench();
    const gate = deferred();
    const task = app.task({ name: "t.steps", bind: true, trackStarted: true }, async (self) => {
      await self.updateState({ state: "PROGRESS", meta: { percent: 50 } });
      await gate.promise;
      return "end";
    });
    await work();
    const states: unknown[] = [];
    const result = await task.delay();
    const end = result.get({
      ...wait,
      onMessage: (meta: ResultMeta) => {
        states.push([meta.status, meta.result]);
        if (meta.status === "PROGRESS") gate.resolve();
      },
    });
    expect(await end).toBe("end");
    expect(states.slice(-2)).toEqual([
      ["PROGRESS", { percent: 50 }],
      ["SUCCESS", "end"],
    ]);
  });

  it("ignores and rejects as the task says, and stores nothing then", async () => {
    const { app, work, waiting } = bench();
    const ignoring = app.task("t.ignore", () => {
      throw new Ignore();
    });
    let runs = 0;
    const rejecting = app.task({ name: "t.reject", acksLate: true }, () => {
      if (++runs === 1) throw new Reject("again", { requeue: true });
      throw new Reject("enough");
    });
    await work();
    const ignored = await ignoring.delay();
    const rejections: unknown[] = [];
    const twice = deferred();
    app.events.on("task:rejected", ({ request, requeue }) => {
      rejections.push([requeue, request.deliveryInfo.redelivered]);
      if (rejections.length === 2) twice.resolve();
    });
    const rejected = await rejecting.delay();
    await twice.promise;
    expect(rejections).toEqual([
      [true, false],
      [false, true],
    ]);
    expect([await ignored.state(), await rejected.state(), await waiting()]).toEqual([
      "PENDING",
      "PENDING",
      0,
    ]);
  });

  it("retries under the same id with everything the call had, and on another queue when told to", async () => {
    const { app, work } = bench();
    const seen: unknown[] = [];
    const task = app.task({ name: "t.retry", bind: true }, (self, n: number) => {
      const { retries, deliveryInfo, headers, timeLimit, shadow, rootId, parentId, id } = self.request;
      seen.push([
        retries,
        deliveryInfo.routingKey,
        headers["tenant"],
        timeLimit,
        shadow,
        rootId,
        parentId === id,
      ]);
      if (n === 1) self.retry({ args: [2], countdown: 0 });
      if (n === 2) self.retry({ args: [3], countdown: 0, queue: "other" });
      return n;
    });
    await work({ queues: ["celery", "other"] });
    const options = {
      taskId: "one",
      headers: { tenant: "ada" },
      timeLimit: 60,
      shadow: "shown",
      rootId: "root",
    };
    const result = await task.applyAsync([1], options);
    expect(await result.get(wait)).toBe(3);
    expect(seen).toEqual([
      [0, "celery", "ada", 60, "shown", "root", false],
      [1, "celery", "ada", 60, "shown", "root", true],
      [2, "other", "ada", 60, "shown", "root", true],
    ]);
  });

  it("calls error links with the id of the failed task", async () => {
    const { app, work } = bench();
    const got = deferred<unknown>();
    const note = app.task("t.note", (...args: unknown[]) => got.resolve(args));
    const fail = app.task("t.fail", () => {
      throw new Error("x");
    });
    await work();
    await fail.applyAsync([], { taskId: "bad-one", linkError: note.s("extra") });
    expect(await got.promise).toEqual(["bad-one", "extra"]);
  });

  it("tells the caller of a task that nobody knows", async () => {
    const { app, work, waiting } = bench();
    await work();
    const unknown = next(app, "task:unknown");
    const result = await app.sendTask("t.nowhere");
    await expect(result.get(wait)).rejects.toMatchObject({
      code: "ERR_Q_NOT_REGISTERED",
      taskName: "t.nowhere",
    });
    expect([await unknown, await waiting()]).toEqual([{ name: "t.nowhere", id: result.id }, 0]);
  });
});

describe("time in a worker", () => {
  it("runs a task at its ETA, not before, and revokes one that has expired meanwhile", async () => {
    const clock = new FakeClock(Date.parse("2030-01-01T00:00:00Z"));
    const { app, work } = bench({ clock });
    const ran: number[] = [];
    const task = app.task("t.at", (n: number) => void ran.push(n));
    await work();
    const at = await task.applyAsync([1], { countdown: 10 });
    const both = await task.applyAsync([2], { countdown: 20, expires: 15 });
    await clock.advance(9_999);
    expect(ran).toEqual([]);
    await clock.advance(1);
    expect([ran, await at.state()]).toEqual([[1], "SUCCESS"]);
    await clock.advance(10_000);
    expect(ran).toEqual([1]);
    await expect(both.get(wait)).rejects.toMatchObject({ code: "ERR_Q_TASK_REVOKED", message: "expired" });
  });

  it.each(["memory", "sqlite"])(
    "tells the caller of what expired while no worker was there, on %s",
    async (kind) => {
      const folder = mkdtempSync(join(tmpdir(), "q-expired-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const url = `sqlite:///${folder}/q.db`;
      const { app, work } = bench(kind === "sqlite" ? { broker: url, backend: url } : {});
      const task = app.task("t.late", () => "ran all the same");
      const late = await task.applyAsync([], { expires: -1 });
      await work();
      await expect(late.get(wait)).rejects.toMatchObject({ code: "ERR_Q_TASK_REVOKED", message: "expired" });
    },
  );

  it("lets a task know its soft limit, and fails it at the hard one", async () => {
    const { app, work, logger } = bench();
    const soft = app.task({ name: "t.soft", bind: true, softTimeLimit: 0.005 }, async (self) => {
      await new Promise((resolve) => self.signal.addEventListener("abort", resolve, { once: true }));
      self.signal.throwIfAborted();
    });
    const hard = app.task({ name: "t.hard", timeLimit: 0.005 }, () => new Promise(() => {}));
    const worker = await work();
    await expect((await soft.delay()).get(wait)).rejects.toBeInstanceOf(SoftTimeLimitExceeded);
    await expect((await hard.delay()).get(wait)).rejects.toBeInstanceOf(TimeLimitExceeded);
    expect(worker.stats().pool).toMatchObject({ running: 0, orphaned: 1 });
    expect(lines(logger, "soft time limit exceeded")).toMatchObject([
      { level: "warn", taskName: "t.soft", seconds: 0.005 },
    ]);
    expect(lines(logger, "task was ended before it finished")).toMatchObject([
      { taskName: "t.hard", orphaned: true },
    ]);
  });

  it("takes what Node throws at an abort for the soft limit that aborted", async () => {
    const { app, work } = bench();
    const waits = app.task({ name: "t.waits", bind: true, softTimeLimit: 0.005 }, (self) =>
      delay(60_000, undefined, { signal: self.signal }),
    );
    const declared = { autoretryFor: [SoftTimeLimitExceeded], maxRetries: 1, defaultRetryDelay: 0 };
    const again = app.task({ name: "t.again", bind: true, softTimeLimit: 0.005, ...declared }, (self) =>
      self.request.retries > 0 ? "done" : delay(60_000, "late", { signal: self.signal }),
    );
    const other = app.task({ name: "t.other", bind: true, softTimeLimit: 0.005 }, async (self) => {
      await delay(60_000, undefined, { signal: self.signal }).catch(() => {});
      await delay(0, undefined, { signal: AbortSignal.abort() });
    });
    await work();
    await expect((await waits.delay()).get(wait)).rejects.toBeInstanceOf(SoftTimeLimitExceeded);
    expect(await (await again.delay()).get(wait)).toBe("done");
    await expect((await other.delay()).get(wait)).rejects.toMatchObject({ excType: "AbortError" });
  });
});

describe("messages that cannot be used", () => {
  it("are parked with their reason when the worker is told to", async () => {
    const { app, work, waiting } = bench();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    await add.applyAsync([1, 2], { headers: { eta: "tomorrow" } });
    const discarded = next(app, "message:discarded");
    const worker = await work({ unusable: "park" });
    await discarded;
    expect(await (await add.delay(1, 2)).get(wait)).toBe(3);
    await worker.stop();
    expect([await waiting(), await waiting("celery.parked")]).toEqual([0, 1]);
  });
});

describe("a retry of a task that came through an exchange", () => {
  it("goes the same way again, or to the queue it names", async () => {
    const taskQueues = [
      { name: "feeds", exchange: "news", exchangeType: "topic", routingKey: "feed.#" },
      { name: "slow" },
    ];
    const { app, work } = bench({ taskQueues, taskDefaultQueue: "feeds" });
    const seen: unknown[] = [];
    const task = app.task({ name: "t.feed", bind: true }, (self) => {
      const { exchange, routingKey } = self.request.deliveryInfo;
      seen.push(`${exchange}/${routingKey}`);
      if (seen.length === 1) self.retry({ countdown: 0 });
      if (seen.length === 2) self.retry({ countdown: 0, queue: "slow" });
    });
    await work();
    await (await task.applyAsync([], { routingKey: "feed.sport" })).get(wait);
    expect(seen).toEqual(["news/feed.sport", "news/feed.sport", "/slow"]);
  });
});
