import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { nodeProcess, requires, startRedis, suiteResource, tempFolder } from "../harness/index.ts";

/** Starts the built apps/worker as its README says, calls its task, and stops it as a supervisor would. */
async function callAndStop(broker: string, backend: string): Promise<void> {
  await using folder = await tempFolder("worker-app");
  await using worker = nodeProcess("apps/worker/dist/main.js", ["-l", "INFO"], {
    env: { CELERY_BROKER_URL: broker, CELERY_RESULT_BACKEND: backend, CELERY_APP: undefined },
    cwd: folder.path,
  });
  await worker.waitFor(/ ready\.$/, { timeoutMs: 30_000 });

  await using app = createApp("client", { broker, backend });
  const result = await app.sendTask("worker.add", [2], { kwargs: { y: 3 } });
  expect(await result.get({ timeout: 10 })).toBe(5);
  expect(await worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
}

requires()("apps/worker, started as a program", () => {
  it("runs tasks and ends on SIGTERM, on SQLite", async () => {
    await using folder = await tempFolder("worker-app-broker");
    const url = `sqlite:///${folder.path}/q.db`;
    await callAndStop(url, url);
  });
});

requires("redis")("apps/worker, started as a program", () => {
  const redis = suiteResource(() => startRedis());

  it("runs tasks and ends on SIGTERM, on Redis", () => callAndStop(redis().url, redis().url));
});
