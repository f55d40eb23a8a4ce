import { expect, it } from "vitest";
import { bench } from "./testing/bench.ts";

it("a worker warns of what was asked of a pool that cannot do it, and a pool of fixed size is left alone", async () => {
  const { work, logger } = bench({ workerMaxTasksPerChild: 3, workerMaxMemoryPerChild: 100_000 });
  const asked = { autoscale: { max: 4, min: 2 }, tasksPerExecutor: 5 };
  const worker = await work({ pool: "solo", ...asked });
  const warned = logger.lines.filter(({ message }) => message === "a setting has no effect");
  expect(warned.map(({ fields }) => [fields["setting"], fields["reason"]])).toEqual([
    ["--autoscale", "the pool solo has a fixed size"],
    ["worker_max_tasks_per_child", "the pool solo runs tasks in the worker's own process"],
    ["worker_max_memory_per_child", "the pool solo runs tasks in the worker's own process"],
    ["worker_tasks_per_executor", expect.stringContaining("its concurrency is how many at once")],
  ]);
  expect(worker.poolControl.autoscaler).toBeUndefined();
});

it("a worker on the event loop may be scaled, and says nothing of it", async () => {
  const { work, logger } = bench();
  const worker = await work({ pool: "async", autoscale: { max: 4, min: 2 } });
  expect(logger.lines.filter(({ level }) => level === "warn")).toEqual([]);
  expect(worker.poolControl.autoscaler?.info()).toEqual({ max: 4, min: 2, current: 2 });
});
