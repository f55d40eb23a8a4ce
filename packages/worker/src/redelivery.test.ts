import { type App, type AppOptions, createApp } from "@q/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { Tracer, type TraceOutcome } from "./trace.ts";

/** An app whose task `test.count` counts its runs. */
function counting(options: AppOptions): { app: App; runs: () => number } {
  const app = createApp("test", {
    broker: `memory://${crypto.randomUUID()}`,
    backend: "cache+memory://",
    taskAcksLate: true,
    ...options,
  });
  onTestFinished(() => app.close());
  let runs = 0;
  app.task("test.count", () => ++runs);
  return { app, runs: () => runs };
}

/** Runs the task of `id` as the broker's next delivery of its message. */
async function deliver(
  app: App,
  { id, redelivered }: { id: string; redelivered: boolean },
): Promise<TraceOutcome> {
  const [codec, backend] = [await app.codec(), await app.backend()];
  const tracer = new Tracer({
    app,
    codec,
    backend,
    hostname: "w@here",
    logger: app.logger,
  });
  const { body, contentType, contentEncoding } = await codec.encodeAsync([[], {}, {}], {
    serializer: "json",
  });
  return tracer.trace(
    {
      message: { body, contentType, contentEncoding, headers: { id, task: "test.count" }, properties: {} },
      deliveryInfo: { exchange: "", routingKey: "celery", priority: 0, redelivered },
    },
    { softLimitMs: 0, signal: new AbortController().signal, isOver: false, accept: () => {} },
  );
}

describe("a message that is delivered again", () => {
  it("does not run with worker_deduplicate_successful_tasks when its task has succeeded", async () => {
    const { app, runs } = counting({ workerDeduplicateSuccessfulTasks: true });
    const id = crypto.randomUUID();
    await deliver(app, { id, redelivered: false });
    expect(await deliver(app, { id, redelivered: true })).toEqual({ status: "IGNORED" });
    expect(runs()).toBe(1);
  });

  it("runs when its task has not succeeded, or is not known", async () => {
    const { app, runs } = counting({ workerDeduplicateSuccessfulTasks: true });
    expect(await deliver(app, { id: crypto.randomUUID(), redelivered: true })).toMatchObject({
      status: "SUCCESS",
    });
    expect(runs()).toBe(1);
  });

  it.each([
    ["without the setting", {}],
    ["with early acknowledgement", { workerDeduplicateSuccessfulTasks: true, taskAcksLate: false }],
  ])("runs again %s", async (_when, options) => {
    const { app, runs } = counting(options);
    const id = crypto.randomUUID();
    await deliver(app, { id, redelivered: false });
    await deliver(app, { id, redelivered: true });
    expect(runs()).toBe(2);
  });
});
