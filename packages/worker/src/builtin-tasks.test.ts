import { createApp } from "@q/core";
import { expect, it, onTestFinished } from "vitest";
import { Worker } from "./worker.ts";

it("runs celery.backend_cleanup, which Celery's beat sends every night", async () => {
  const app = createApp("test", { broker: `memory://${crypto.randomUUID()}`, backend: "cache+memory://" });
  const worker = new Worker(app, { concurrency: 1 });
  onTestFinished(async () => {
    await worker.stop();
    await app.close();
  });
  await worker.start();
  const ended = new Promise((resolve) => {
    app.events.on("task:succeeded", ({ request }) => resolve(request.task));
    app.events.on("task:unknown", () => resolve("unknown"));
    app.events.on("task:failed", ({ error }) => resolve(error));
  });
  await app.sendTask("celery.backend_cleanup");
  expect(await ended).toBe("celery.backend_cleanup");
});
