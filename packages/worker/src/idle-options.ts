import type { Pool } from "@q/pool";
import type { Worker } from "./worker.ts";

/** Says which of the worker's options do nothing with its pool: who limits memory must not believe that it is limited. */
export function warnOfIdleOptions({ app, options, logger }: Worker, pool: Pool): void {
  const { implementation } = pool.stats();
  const warn = (setting: string, reason: string): void =>
    logger.warn({ setting, reason: `the pool ${implementation} ${reason}` }, "a setting has no effect");
  if (options.autoscale && !pool.capabilities.resizable) warn("--autoscale", "has a fixed size");
  if (pool.capabilities.isolation !== "none") return;
  const { workerMaxTasksPerChild, workerMaxMemoryPerChild, workerTasksPerExecutor } = app.conf;
  const reason = "runs tasks in the worker's own process";
  if (workerMaxTasksPerChild) warn("worker_max_tasks_per_child", reason);
  if (workerMaxMemoryPerChild) warn("worker_max_memory_per_child", reason);
  if ((options.tasksPerExecutor ?? workerTasksPerExecutor) > 1)
    warn("worker_tasks_per_executor", `${reason}: its concurrency is how many at once`);
}
