import { BackendStoreError, createBackendRegistry, type ResultMeta } from "@q/backends";
import { createMemoryBackend } from "@q/backends/memory";
import { expect, it } from "vitest";
import { bench } from "./testing/bench.ts";

/** A worker that fails on its second attempt, with a record of what it stored and sent. */
async function scene(onStore: (meta: ResultMeta) => void = () => {}) {
  const steps: string[] = [];
  const backends = createBackendRegistry().register({
    schemes: ["cache+memory"],
    load: async () => async (context) => {
      const backend = await createMemoryBackend(context);
      const store = backend.store.bind(backend);
      backend.store = async (meta, reply) => {
        steps.push(`stored ${meta.status}`);
        onStore(meta);
        return store(meta, reply);
      };
      return backend;
    },
  });
  const { app, work, logger } = bench({
    backends,
    publishMiddleware: [
      async ({ task }, next) => {
        steps.push(`sent ${task.retries ?? 0}`);
        await next();
      },
    ],
  });
  const task = app.task({ name: "t.twice", bind: true }, (self) => {
    if (self.request.retries === 0) self.retry({ countdown: 0 });
    throw new RangeError("twice");
  });
  await work();
  return { steps, logger, result: await task.delay() };
}

it("stores that a task is tried again before it is sent, so that no later state is overwritten", async () => {
  const { steps, result } = await scene();
  await expect(result.get({ timeout: 20 })).rejects.toThrow("twice");
  expect(steps).toEqual(["sent 0", "stored RETRY", "sent 1", "stored FAILURE"]);
});

it("tries a task again although that could not be stored", async () => {
  const { steps, result, logger } = await scene(({ status, taskId }) => {
    if (status === "RETRY") throw new BackendStoreError("the store is down", { taskId, state: status });
  });
  await expect(result.get({ timeout: 20 })).rejects.toThrow("twice");
  expect(steps.at(-1)).toBe("stored FAILURE");
  expect(logger.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
    "the state of a task that is tried again could not be stored",
  ]);
});
