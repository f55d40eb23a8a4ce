import { ImproperlyConfiguredError, logsAt } from "@q/kernel";
import type { ResultBackend } from "@q/backends";
import { NoBackendError } from "@q/backends";
import { registerBuiltinTasks } from "../builtin-tasks.ts";
import { createWorkerPool } from "../create-pool.ts";
import type { Bootstep } from "../blueprint.ts";
import { Tracer, type TracePayload } from "../trace.ts";
import type { Worker } from "../worker.ts";

/** Opens what running a task needs: codecs, result backend, pool. */
export const executorStep: Bootstep<Worker> = {
  name: "executor",
  async start(worker) {
    const { app, hostname, logger, options } = worker;
    const codec = await app.codec();
    const backend = await backendOrNone(worker);
    registerBuiltinTasks(app, backend);
    const logsSuccess = logsAt(logger, "info");
    const tracer = new Tracer({
      app,
      codec,
      backend,
      hostname,
      logger,
      // Monitors may begin to listen at any time.
      get reportResults() {
        return logsSuccess || app.events.has("task:succeeded");
      },
    });
    const pool = await createWorkerPool(options.pool ?? app.conf.workerPool, {
      concurrency: options.concurrency ?? app.conf.workerConcurrency,
      execute: (payload, job) => tracer.trace(payload as TracePayload, job),
    });
    if (pool.size < 1) throw new ImproperlyConfiguredError("concurrency must be at least 1");
    await pool.start();
    worker.useExecutor({ codec, backend, pool });
  },
  async stop(worker) {
    await worker.pool?.stop();
  },
};

/** The result backend, or nothing when results are switched off. */
async function backendOrNone(worker: Worker): Promise<ResultBackend | undefined> {
  try {
    return await worker.app.backend();
  } catch (error) {
    if (error instanceof NoBackendError) return undefined;
    throw error;
  }
}
