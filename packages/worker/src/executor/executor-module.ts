import { isMainThread } from "node:worker_threads";
import type { LogLevel } from "@q/kernel";
import type { App } from "@q/core";
import type { Executor, ExecutorHost } from "@q/pool";
import { adoptSettings } from "../app-module/app-module.ts";
import { importTasks, loadApp } from "../app-module/load-app.ts";
import { backendOrNone } from "../backend-or-none.ts";
import { registerBuiltinTasks } from "../builtin-tasks.ts";
import { Tracer } from "../trace.ts";
import type { ExecutorData } from "./executor-data.ts";
import { forwardingLogger } from "./forwarding-logger.ts";
import { enterExecutor } from "./inside-executor.ts";
import { type PackedPayload, unpackPayload } from "./packed-payload.ts";
import { TaskOutput } from "./task-output.ts";
import { encodeOutcome } from "./transferred-outcome.ts";

/**
 * The module that a worker's child processes and threads load: it imports the app anew, with the settings of the
 * worker, and runs tasks with connections of its own. Its lines go to the worker's log, unless the app has a logger.
 *
 * @see celery/concurrency/prefork.py, process_initializer
 */
export async function createExecutor(given: unknown, host: ExecutorHost): Promise<Executor> {
  const data = given as ExecutorData;
  enterExecutor();
  const app = await openApp(data, host);
  const { hostname } = data;
  const [codec, backend] = await Promise.all([app.codec(), backendOrNone(app)]);
  registerBuiltinTasks(app, backend);
  if (data.outputLevel !== undefined) redirectOutput(data.outputLevel);
  if (isMainThread) process.title = `q worker ${hostname}: executor ${host.index + 1}`;
  const tracer = new Tracer({ app, codec, backend, hostname, logger: app.logger });
  app.events.emit("executor:started", { hostname, index: host.index, pid: host.pid });
  return {
    execute: (payload, job) => {
      const outcome = tracer.trace(unpackPayload(payload as PackedPayload), job);
      return outcome instanceof Promise ? outcome.then(encodeOutcome) : encodeOutcome(outcome);
    },
    stop: async () => {
      app.events.emit("executor:stopping", { hostname, index: host.index, pid: host.pid });
      await app.close();
    },
  };
}

async function openApp(data: ExecutorData, host: ExecutorHost): Promise<App> {
  const { module, cwd = process.cwd(), include = [] } = data.app;
  const app = await loadApp(module, cwd);
  adoptSettings(app, data.settings);
  if (!app.hasOwnLogger) {
    app.logger = forwardingLogger((line) => void host.send(line), data.logLevel);
  }
  await importTasks(app, cwd, include);
  return app;
}

/** For as long as the process lives. */
function redirectOutput(level: LogLevel): void {
  void new TaskOutput(level);
}
