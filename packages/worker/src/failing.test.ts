import { createApp, type App, type PublishMiddleware, RemoteTaskError } from "@q/core";
import { afterEach, expect, it } from "vitest";
import { Worker } from "./worker.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** A worker with a task that fails, and its app. */
async function failingWorker(
  name: string,
  publishMiddleware: readonly PublishMiddleware[] = [],
): Promise<App> {
  const app = createApp("test", {
    broker: `memory://${name}`,
    backend: "cache+memory://",
    publishMiddleware,
  });
  app.task("fails", () => {
    throw new TypeError("broken");
  });
  app.task("add", (x: number, y: number) => x + y);
  app.task("on_error", (id: string) => id);
  const worker = new Worker(app, { concurrency: 1 });
  open.push(app, worker);
  await worker.start();
  return app;
}

it("stores a failure before it sends the error callbacks, which may look at it", async () => {
  const seen: string[] = [];
  const look: PublishMiddleware = async ({ task }, next) => {
    if (task.name === "on_error") seen.push(await app.AsyncResult("failed-id").state());
    await next();
  };
  const app = await failingWorker("error-callbacks", [look]);

  const linkError = app.signature("on_error").set({ taskId: "errback-id" });
  await app.sendTask("fails", [], { taskId: "failed-id", linkError });

  expect(await app.AsyncResult("errback-id").get({ timeout: 20 })).toBe("failed-id");
  expect(seen).toEqual(["FAILURE"]);
});

it("fails the rest of a chain together with the task that failed", async () => {
  const app = await failingWorker("failed-chain");
  const step = (id: string): ReturnType<App["signature"]> => app.signature("add", [1]).set({ taskId: id });
  const chain = [step("third"), step("second")].map((signature) => signature.toJSON());

  await app.sendTask("fails", [], { taskId: "first", chain });

  for (const id of ["third", "second", "first"]) {
    const error = await app.AsyncResult(id).get({ timeout: 5, propagate: false });
    expect(error, id).toBeInstanceOf(RemoteTaskError);
    expect(error, id).toMatchObject({ excType: "TypeError", args: ["broken"] });
  }
});
