import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createApp, currentTask } from "@q/core";
import { Worker } from "@q/worker";
import {
  freePort,
  nodeProcess,
  pythonFolder,
  requires,
  startRedis,
  suiteResource,
} from "../harness/index.ts";
import { pythonEnvironment } from "../harness/celery-venv.ts";

let python: string | undefined;

/** Flower, reading the events of a broker, with its HTTP API open. */
async function startFlower(broker: string): Promise<AsyncDisposable & { call: Call }> {
  const port = await freePort();
  const options = [`--port=${port}`, "--address=127.0.0.1"];
  const celery = join(dirname(python ?? ""), "celery");
  const program = nodeProcess(
    "packages/cli/bin/q.js",
    ["-b", broker, "--result-backend", broker, "flower", "--celery", celery, "--", ...options],
    {
      // With tasks of its own it lets rates and limits of these be changed.
      env: {
        ...pythonEnvironment({ broker, backend: broker }),
        FLOWER_UNAUTHENTICATED_API: "true",
        APP: "tasks",
      },
      cwd: pythonFolder,
    },
  );
  const call: Call = async (method, path, form) => {
    const body = form && new URLSearchParams(form);
    const response = await fetch(`http://127.0.0.1:${port}/api/${path}`, { method, ...(body && { body }) });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as object) : text };
  };
  await expect
    .poll(() =>
      call("GET", "workers").then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  return { call, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

type Call = (
  method: "GET" | "POST",
  path: string,
  form?: Record<string, string>,
) => Promise<{ status: number; body: unknown }>;

requires("redis", "python")("Flower", () => {
  const redis = suiteResource(() => startRedis());

  beforeAll(async () => {
    const script = new URL("../../scripts/flower-venv.mjs", import.meta.url);
    python = ((await import(script.href)) as { ensureFlower: () => string | undefined }).ensureFlower();
    expect(python, "a Python environment with Flower").toBeDefined();
  }, 600_000);

  it("shows our workers and tasks, and its buttons work on them", async () => {
    const [broker, backend] = [redis().url, redis().url];
    await using app = createApp("interop", { broker, backend });
    app.task("interop.add", (x: number, y: number) => x + y);
    app.task("interop.wait", () => {
      const { signal } = currentTask()!;
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    });
    await using worker = new Worker(app, {
      hostname: "q@flower",
      concurrency: 2,
      taskEvents: true,
      heartbeatInterval: 0.2,
    });
    await worker.start();
    await using flower = await startFlower(broker);
    const { call } = flower;

    await expect
      .poll(async () => (await call("GET", "workers?refresh=1")).body)
      .toMatchObject({ "q@flower": { registered: expect.arrayContaining(["interop.add"]) as string[] } });
    const done = await app.sendTask("interop.add", [1, 2]);
    const task = async (id: string): Promise<unknown> => (await call("GET", `task/info/${id}`)).body;
    await expect
      .poll(() => task(done.id))
      .toMatchObject({
        name: "interop.add",
        state: "SUCCESS",
        result: "3",
        args: "(1, 2)",
        worker: "q@flower",
      });
    expect((await call("GET", `task/result/${done.id}`)).body).toMatchObject({ state: "SUCCESS", result: 3 });
    expect((await call("GET", "task/types")).body).toMatchObject({
      "task-types": expect.arrayContaining(["interop.add"]) as string[],
    });

    const slots = (): number | undefined => worker.pool?.stats().size;
    expect((await call("POST", "worker/pool/grow/q@flower?n=2")).status).toBe(200);
    await expect.poll(slots).toBe(4);
    expect((await call("POST", "worker/pool/shrink/q@flower?n=1")).status).toBe(200);
    await expect.poll(slots).toBe(3);
    const queues = (): string[] => worker.queues.map((queue) => queue.name);
    expect((await call("POST", "worker/queue/add-consumer/q@flower?queue=extra")).status).toBe(200);
    await expect.poll(queues).toContain("extra");
    expect((await call("POST", "worker/queue/cancel-consumer/q@flower?queue=extra")).status).toBe(200);
    await expect.poll(queues).not.toContain("extra");
    const limits = { workername: "q@flower", ratelimit: "100/m" };
    expect(await call("POST", "task/rate-limit/interop.add", limits)).toMatchObject({ status: 200 });
    const times = { workername: "q@flower", soft: "10", hard: "20" };
    expect(await call("POST", "task/timeout/interop.add", times)).toMatchObject({ status: 200 });

    const waiting = await app.sendTask("interop.wait");
    await expect.poll(() => task(waiting.id)).toMatchObject({ state: "STARTED" });
    expect((await call("POST", `task/revoke/${waiting.id}?terminate=true`)).status).toBe(200);
    await expect.poll(() => task(waiting.id)).toMatchObject({ state: "REVOKED" });
    expect((await call("POST", "worker/shutdown/q@flower")).status).toBe(200);
    await worker.stopped;
  });
});
