import { randomUUID } from "node:crypto";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { Worker } from "./worker.ts";

it("runs a long backlog of tasks that end at once, held without a limit", async () => {
  await using app = createApp("backlog", { broker: `memory://${randomUUID()}`, taskIgnoreResult: true });
  const total = 20_000;
  let ran = 0;
  const all = new Promise<void>((resolve) => {
    app.task("count", () => void (++ran === total && resolve()));
  });
  await Promise.all(Array.from({ length: total }, () => app.sendTask("count")));
  await using worker = new Worker(app, { pool: "async", concurrency: 2, prefetchMultiplier: 0 });
  await worker.start();
  await all;
  expect(ran).toBe(total);
});
