import { createApp } from "@q/core";
import { deferred } from "@q/kernel";
import { expect, it, onTestFinished } from "vitest";
import { PublishError } from "@q/messaging";
import { Worker } from "./worker.ts";

it("gives a late message back when the retry of its task cannot be sent, and uses up no attempt", async () => {
  const name = crypto.randomUUID();
  let isDown = false;
  const app = createApp("test", {
    broker: `memory://${name}`,
    backend: `cache+memory://${name}`,
    publishMiddleware: [
      async (_context, next) => {
        if (isDown) throw new PublishError("the broker is down", { sent: "no" });
        return next();
      },
    ],
  });
  const runs: [number, boolean][] = [];
  const done = deferred<void>();
  const task = app.task({ name: "t.retry", bind: true, acksLate: true }, (self): void => {
    runs.push([self.request.retries, self.request.deliveryInfo.redelivered]);
    isDown = runs.length === 1;
    if (runs.length < 3) self.retry({ countdown: 0 });
    done.resolve();
  });
  const worker = new Worker(app, { concurrency: 1 });
  onTestFinished(async () => {
    await worker.stop("cold");
    await app.close();
  });
  await worker.start();
  const result = await task.delay();
  await done.promise;
  await result.get({ timeout: 20 });
  expect(runs).toEqual([
    [0, false],
    [0, true],
    [1, false],
  ]);
});
