import { ImproperlyConfiguredError } from "@q/kernel";
import { POOL_KINDS } from "@q/pool/inline";
import { backendOrNone } from "../backend-or-none.ts";
import { registerBuiltinTasks } from "../builtin-tasks.ts";
import { createWorkerPool } from "../create-pool.ts";
import type { Bootstep } from "../blueprint.ts";
import { remoteOptions } from "../executor/remote-options.ts";
import { warnOfIdleOptions } from "../idle-options.ts";
import { Tracer, type TracePayload } from "../trace.ts";
import type { Worker } from "../worker.ts";

/** Opens what running a task needs: codecs, result backend, pool. */
export const executorStep: Bootstep<Worker> = {
  name: "executor",
  async start(worker) {
    const { app, hostname, logger, options } = worker;
    // What is wrong with the options of a task, or with a route, is said now and not at its first message.
    for (const task of app.tasks) void task.resolved;
    void app.router;
    const codec = await app.codec();
    const backend = await backendOrNone(app);
    registerBuiltinTasks(app, backend);
    const tracer = new Tracer({ app, codec, backend, hostname, logger });
    const pool = await createWorkerPool(await poolOf(worker), {
      concurrency: options.autoscale
        ? Math.max(1, options.autoscale.min)
        : (options.concurrency ?? app.conf.workerConcurrency),
      execute: (payload, job) => tracer.trace(payload as TracePayload, job),
      remote: remoteOptions(worker),
      logger,
    });
    worker.useExecutor({ codec, backend, pool });
    await pool.start();
    warnOfIdleOptions(worker, pool);
  },
  async stop(worker) {
    await worker.pool?.stop();
  },
};

/**
 * The pool that was asked for. Where nobody did, it is Celery's, processes, if executors can find the app and reach the
 * broker; a worker that is embedded in a program gets the event loop instead.
 *
 * @throws {ImproperlyConfiguredError} for processes or threads with a broker that only this process can see
 */
async function poolOf({ app, options, logger }: Worker): Promise<NonNullable<Worker["options"]["pool"]>> {
  const asked = options.pool ?? (app.config.valueSetFor("worker_pool") ? app.conf.workerPool : undefined);
  if (asked === undefined && options.appModule === undefined) return "async";
  const pool = asked ?? app.conf.workerPool;
  if (typeof pool === "function") return pool;
  const kind = POOL_KINDS.get(pool);
  if (kind !== "processes" && kind !== "threads") return pool;
  const connection = await app.connectionForRead();
  const { multiProcess } = (await connection.transport()).capabilities;
  await connection.close();
  if (multiProcess) return pool;
  if (asked !== undefined) {
    throw new ImproperlyConfiguredError(
      `the pool ${pool} does not work with a broker in memory, which other processes cannot see. Use the pool async.`,
    );
  }
  logger.info({}, "a broker in memory is seen by this process only: tasks run on its event loop");
  return "async";
}
