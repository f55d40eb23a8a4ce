import { randomUUID } from "node:crypto";
import type { ResultBackend, ResultMeta } from "@q/backends";
import { expect, it } from "vitest";
import { requires, startProxy, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { redisBackend } from "./redis-harness.ts";

const meta = (taskId: string, status = "SUCCESS"): ResultMeta => ({
  taskId,
  status,
  result: taskId,
  traceback: null,
  children: [],
  dateDone: null,
});

/** The end of a task, as `get` waits for it. */
async function end(backend: ResultBackend, id: string): Promise<ResultMeta | undefined> {
  for await (const state of backend.watch([id], AbortSignal.timeout(30_000))) {
    if (state.status === "SUCCESS") return state;
  }
  return undefined;
}

requires("redis")("Redis backend, when things break", () => {
  const server = suiteResource(() => startRedis());

  it("misses no result when its connections are cut again and again while 100 wait", async () => {
    await using proxy = await startProxy({ target: server().url });
    await using client = await redisBackend(proxy.url);
    await using worker = await redisBackend(server().url);
    const ids = Array.from({ length: 100 }, () => randomUUID());
    const ends = Promise.all(ids.map((id) => end(client, id)));
    await waitUntil(() => proxy.open, { accept: (open) => open >= 1, what: "a connection" });
    for (const [n, id] of ids.entries()) {
      if (n % 20 === 10) {
        await waitUntil(() => proxy.open > 0, { what: "the next connection" });
        proxy.cut();
      }
      await worker.store(meta(id, "STARTED"));
      await worker.store(meta(id));
    }
    expect((await ends).map((state) => state?.taskId)).toEqual(ids);
    expect(proxy.counters.cuts).toBeGreaterThanOrEqual(4);
  });

  it("hears of results that were stored while the network was down", async () => {
    await using proxy = await startProxy({ target: server().url });
    await using client = await redisBackend(proxy.url);
    await using worker = await redisBackend(server().url);
    const id = randomUUID();
    const ending = end(client, id);
    await waitUntil(() => server().client().call("PUBSUB", "NUMSUB", `celery-task-meta-${id}`), {
      accept: (reply) => (reply as unknown[])[1] === 1,
      what: "the subscription",
    });
    proxy.refuse();
    proxy.cut();
    await worker.store(meta(id));
    await proxy.accept();
    expect((await ending)?.taskId).toBe(id);
  });

  it("stores every state although the connection is cut while they are under way", async () => {
    await using proxy = await startProxy({ target: server().url });
    await using worker = await redisBackend(proxy.url);
    const ids = Array.from({ length: 5000 }, () => randomUUID());
    const cut = proxy.cutAfter({ bytes: 200_000, direction: "toServer" });
    const swallowed = proxy.cutAfter({ bytes: 30, direction: "toClient", deliver: false });
    await Promise.all(ids.map((id) => worker.store(meta(id))));
    await Promise.all([cut, swallowed]);
    await using reader = await redisBackend(server().url);
    expect((await reader.get(ids)).map((state) => state?.result)).toEqual(ids);
  });

  it("goes on after the server was restarted and has forgotten everything", async () => {
    await using own = await startRedis();
    await using backend = await redisBackend(own.url);
    const id = randomUUID();
    const ending = end(backend, id);
    await backend.store(meta(randomUUID()));
    await own.restart("SIGKILL");
    await backend.store(meta(id));
    expect((await ending)?.taskId).toBe(id);
    expect((await backend.get([id]))[0]?.result).toBe(id);
  });

  it("tries longer to store what a task has come to than what it goes through", async () => {
    await using own = await startRedis();
    await using backend = await redisBackend(own.url);
    await backend.store(meta("warm"));
    await own.kill();
    const passing = { ...meta("passing"), status: "RETRY", result: null };
    await expect(backend.store(passing)).rejects.toMatchObject({ code: "ERR_Q_BACKEND_STORE" });
    const ending = backend.store(meta("end"));
    await own.start();
    await ending;
    expect((await backend.get(["end"]))[0]?.status).toBe("SUCCESS");
  });

  it("fails with its own errors when nobody is there", async () => {
    await using own = await startRedis();
    await using backend = await redisBackend(own.url);
    await backend.store(meta("warm"));
    await own.kill();
    const stores = Array.from({ length: 6000 }, (_, n) => backend.store(meta(`t${n}`)));
    const outcomes = await Promise.allSettled([...stores, backend.get(["t1"]), backend.forget(["t2"])]);
    const codes = outcomes.map((outcome) =>
      outcome.status === "rejected" ? (outcome.reason as { code: string }).code : "ok",
    );
    expect(new Set(codes.slice(0, 6000))).toEqual(new Set(["ERR_Q_BACKEND_STORE"]));
    expect(codes.slice(6000)).toEqual(["ERR_Q_BACKEND_GET", "ERR_Q_BACKEND_GET"]);
    await using late = await redisBackend(own.url);
    await expect(end(late, "t3")).rejects.toMatchObject({ code: "ERR_Q_BACKEND_GET", taskIds: ["t3"] });
  });

  it("fails those who wait when the server does not come back, and serves them anew when it does", async () => {
    await using own = await startRedis();
    const transportOptions = { retry_policy: { max_retries: 2, interval_start: 0, interval_step: 0.05 } };
    await using backend = await redisBackend(own.url, { transportOptions });
    await backend.store(meta("here"));
    await end(backend, "here");
    const waiting = end(backend, "never");
    const outcome = waiting.catch((error: unknown) => error);
    await own.kill();
    expect(await outcome).toMatchObject({ code: "ERR_Q_BACKEND_GET", taskIds: ["never"] });
    await own.start();
    const ending = end(backend, "again");
    await backend.store(meta("again"));
    expect((await ending)?.taskId).toBe("again");
  });

  it("tries for ever with always_retry", async () => {
    await using own = await startRedis();
    const settings = { resultBackendAlwaysRetry: true, resultBackendMaxSleepBetweenRetriesMs: 50 };
    await using backend = await redisBackend(own.url, { settings });
    await backend.store(meta("first"));
    await own.kill();
    let outcome = "still trying";
    const storing = backend.store(meta("late")).then(
      () => (outcome = "stored"),
      () => (outcome = "failed"),
    );
    // Longer than the few quick retries without the setting.
    const beganAt = performance.now();
    await waitUntil(() => performance.now() - beganAt > 2500);
    expect(outcome).toBe("still trying");
    await own.start();
    expect(await storing).toBe("stored");
    expect((await backend.get(["late"]))[0]?.result).toBe("late");
  });

  it("notices a server that says nothing any more", async () => {
    await using own = await startRedis();
    await using backend = await redisBackend(own.url, { settings: { redisSocketTimeout: 0.5 } });
    await backend.store(meta("first"));
    own.freeze();
    await expect(backend.store(meta("second"))).rejects.toMatchObject({
      code: "ERR_Q_BACKEND_STORE",
      taskId: "second",
    });
    own.thaw();
    await backend.store(meta("third"));
  });

  it("closes soon although the server says nothing any more", async () => {
    await using own = await startRedis();
    const backend = await redisBackend(own.url);
    await backend.store(meta("first"));
    own.freeze();
    const storing = backend.store(meta("second")).catch((error: unknown) => error);
    const beganAt = performance.now();
    await backend[Symbol.asyncDispose]();
    expect(performance.now() - beganAt).toBeLessThan(15_000);
    expect(await storing).toMatchObject({ code: "ERR_Q_BACKEND_STORE" });
  });

  it("tells the server's refusal when its memory is full", async () => {
    await using own = await startRedis({ config: { maxmemory: "1", "maxmemory-policy": "noeviction" } });
    await using backend = await redisBackend(own.url);
    await expect(backend.store(meta("x"))).rejects.toMatchObject({
      code: "ERR_Q_BACKEND_STORE",
      message: expect.stringContaining("maxmemory") as string,
    });
  });

  it("waits for a result that is larger than what the server lets a subscriber have", async () => {
    await using own = await startRedis();
    await own.client().call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 1");
    await using client = await redisBackend(own.url);
    await using worker = await redisBackend(own.url);
    const large = (taskId: string): ResultMeta => ({ ...meta(taskId), result: "x".repeat(8 * 1024 * 1024) });
    const [before, after] = [randomUUID(), randomUUID()];
    await worker.store(large(before));
    const ending = end(client, after);
    await waitUntil(() => own.client().call("PUBSUB", "NUMSUB", `celery-task-meta-${after}`), {
      accept: (reply) => (reply as unknown[])[1] === 1,
      what: "the subscription",
    });
    await worker.store(large(after));
    expect((await ending)?.taskId).toBe(after);
    await using newcomer = await redisBackend(own.url);
    for (const backend of [client, newcomer]) expect((await end(backend, before))?.taskId).toBe(before);
  });

  it("waits for results over the older protocol where the newer one is refused", async () => {
    await using own = await startRedis({ config: { "rename-command HELLO": "" } });
    await using backend = await redisBackend(own.url);
    const early = end(backend, "early");
    await backend.store(meta("early"));
    expect((await early)?.result).toBe("early");
    expect((await end(backend, "early"))?.result).toBe("early");
  });
});
