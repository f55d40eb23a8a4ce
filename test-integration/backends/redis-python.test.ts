import { randomUUID } from "node:crypto";
import type { ResultMeta } from "@q/backends";
import { expect, it } from "vitest";
import { pythonClient, pythonWorker, requires, startRedis, suiteResource } from "../harness/index.ts";
import { failed, meta, statesUntilEnd } from "./python-results.ts";
import { redisBackend } from "./redis-harness.ts";

requires("redis", "python")("Redis results shared with Python", () => {
  const server = suiteResource(() => startRedis());
  const settings = { task_track_started: true, result_extended: true };
  const python = suiteResource(() => pythonClient({ broker: server().url, backend: server().url, settings }));
  const worker = suiteResource(() => pythonWorker({ broker: server().url, backend: server().url, settings }));

  it("lets Python read our value, state, children and date", async () => {
    await using backend = await redisBackend(server().url);
    const id = randomUUID();
    const value = {
      text: "héllo 😀",
      list: [1, -2.5, null, true],
      large: 2n ** 80n,
      at: new Date(1_900_000_000_000),
    };
    const child = randomUUID();
    await backend.store(
      meta(id, { result: value, children: [[[child, null], null]], groupId: "g1", parentId: "p1" }),
    );
    await backend.store(meta(child, { result: "child" }));
    const seen = await python().run<Record<string, unknown>>(
      `r = celery.result.AsyncResult(args, app=app)
v = r.get(timeout=30)
return {"text": v["text"], "list": v["list"], "large": str(v["large"]), "at": v["at"].isoformat(), "state": r.state,
        "children": [c.get(timeout=30) for c in r.children], "date": r.date_done.isoformat(), "ok": r.successful()}`,
      id,
    );
    expect(seen).toEqual({
      text: "héllo 😀",
      list: [1, -2.5, null, true],
      large: String(2n ** 80n),
      at: "2030-03-17T17:46:40+00:00",
      state: "SUCCESS",
      children: ["child"],
      date: "2030-01-02T03:04:05.678000+00:00",
      ok: true,
    });
  });

  it.each([
    { excType: "ValueError", excModule: "builtins", module: "builtins" },
    // A class that Python does not have is made up by Celery, in a module of its own.
    { excType: "PaymentError", excModule: "js", module: "celery.exceptions" },
  ])("lets Python see our $excType as an exception of that class", async ({ excType, excModule, module }) => {
    await using backend = await redisBackend(server().url);
    const id = randomUUID();
    await backend.store(failed(id, excType, excModule));
    const seen = await python().result(id);
    expect(seen.state).toBe("FAILURE");
    expect(seen.error).toMatchObject({ type: excType, module, args: ["boom", 42] });
    expect(seen.traceback).toContain("tasks.js");
  });

  it("wakes a Python client that waits for a result of ours", async () => {
    await using backend = await redisBackend(server().url);
    const id = randomUUID();
    const waiting = python().result(id);
    const client = server().client();
    const channel = `celery-task-meta-${id}`;
    while (((await client.call("PUBSUB", "NUMSUB", channel)) as unknown[])[1] === 0)
      await new Promise(setImmediate);
    await backend.store(meta(id, { status: "STARTED", result: { pid: 1, hostname: "w" }, dateDone: null }));
    await backend.store(meta(id, { result: 99 }));
    expect(await waiting).toMatchObject({ state: "SUCCESS", value: 99 });
  });

  it("lets Python see our custom states, and keeps the result that Python stored", async () => {
    await using backend = await redisBackend(server().url);
    const id = randomUUID();
    await backend.store(meta(id, { status: "PROGRESS", result: { current: 1 }, dateDone: null }));
    expect(await python().state(id)).toEqual({ state: "PROGRESS", info: { current: 1 } });
    await python().run("app.backend.store_result(args, 7, 'SUCCESS')", id);
    await backend.store(failed(id, "ValueError", "builtins"));
    expect(await python().result(id)).toMatchObject({ state: "SUCCESS", value: 7 });
  });

  it("reads the value, the states and the extended fields that a Python worker stored", async () => {
    expect(worker().lines.length).toBeGreaterThan(0);
    await using backend = await redisBackend(server().url);
    const id = randomUUID();
    // The watch has begun when it shows a present state: nothing that the worker does can be older.
    await backend.store(meta(id, { status: "QUEUED", dateDone: null }));
    const seen: ResultMeta[] = [];
    for await (const state of backend.watch([id], AbortSignal.timeout(20_000))) {
      if (seen.push(state) === 1) await python().send("interop.progress", [2], { task_id: id });
      if (state.status === "SUCCESS") break;
    }
    expect(seen.map(({ status }) => status)).toEqual([
      "QUEUED",
      "STARTED",
      "PROGRESS",
      "PROGRESS",
      "SUCCESS",
    ]);
    expect(seen.at(-1)).toMatchObject({
      taskId: id,
      result: 2,
      children: [],
      extended: { name: "interop.progress", args: [2] },
    });
  });

  it("reads the errors and the children of Python tasks", async () => {
    expect(worker().lines.length).toBeGreaterThan(0);
    await using backend = await redisBackend(server().url);
    const { id: failing } = await python().send("interop.fail", ["NestedError", "boom", 1]);
    const failure = (await statesUntilEnd(backend, failing)).at(-1);
    expect(failure).toMatchObject({
      status: "FAILURE",
      error: { excType: "Outer.NestedError", excModule: "tasks", excMessage: ["boom", 1] },
    });
    expect(failure?.traceback).toContain("NestedError");
    const { id: calling } = await python().send("interop.calls", ["interop.add", [1, 2]]);
    const parent = (await statesUntilEnd(backend, calling)).at(-1);
    const child = parent?.children?.[0]?.[0][0];
    expect(child).toBe(parent?.result);
    expect((await statesUntilEnd(backend, child ?? "")).at(-1)).toMatchObject({
      result: 3,
      parentId: calling,
    });
  });
});
