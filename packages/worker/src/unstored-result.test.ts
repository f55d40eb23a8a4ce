import { BackendStoreError, createBackendRegistry, type ResultMeta, type StoreOptions } from "@q/backends";
import { createMemoryBackend } from "@q/backends/memory";
import { expect, it } from "vitest";
import { bench } from "./testing/bench.ts";

/** A worker whose result backend stores no success, with a record of what it was asked to store and how. */
async function scene(refuse: (meta: ResultMeta) => Error | undefined = () => undefined) {
  const stored: [status: string, isPatient: StoreOptions["isPatient"]][] = [];
  const backends = createBackendRegistry().register({
    schemes: ["cache+memory"],
    load: async () => async (context) => {
      const backend = await createMemoryBackend(context);
      const store = backend.store.bind(backend);
      backend.store = async (meta, _reply, { isPatient } = {}) => {
        stored.push([meta.status, isPatient]);
        const error = refuse(meta);
        if (error) throw error;
        await store(meta);
      };
      return backend;
    },
  });
  const { app, work } = bench({ backends });
  const task = app.task("t.run", (fails: boolean) => {
    if (fails) throw new RangeError("broken");
  });
  await work();
  return { stored, task };
}

it("does not wait a second time for a store that was away when the task had ended", async () => {
  const { stored, task } = await scene(({ status: state, taskId }) =>
    state === "SUCCESS" ? new BackendStoreError("the store is away", { taskId, state }) : undefined,
  );
  const result = await task.delay(false);
  await expect(result.get({ timeout: 20 })).rejects.toThrow("the store is away");
  expect(stored).toEqual([
    ["SUCCESS", undefined],
    ["FAILURE", false],
  ]);
});

it("waits for a store that may be away when something else went wrong at the end of a task", async () => {
  const { stored, task } = await scene(({ status }) =>
    status === "SUCCESS" ? new TypeError("a fault of the store") : undefined,
  );
  const result = await task.delay(false);
  await expect(result.get({ timeout: 20 })).rejects.toThrow("a fault of the store");
  expect(stored.at(-1)).toEqual(["FAILURE", true]);
});

it("leaves it to the store how long it takes for an ordinary end", async () => {
  const { stored, task } = await scene();
  await expect((await task.delay(true)).get({ timeout: 20 })).rejects.toThrow("broken");
  expect(stored).toEqual([["FAILURE", undefined]]);
});
