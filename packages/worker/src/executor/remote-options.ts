import { ImproperlyConfiguredError, type Logger, logsAt } from "@q/kernel";
import type { ExecutorIdentity, Recycling, RemotePoolOptions } from "@q/pool";
import { portableSettings } from "../app-module/app-module.ts";
import type { Worker } from "../worker.ts";
import { type ExecutorData, LEVELS } from "./executor-data.ts";
import { isLogLine, writeLogLine } from "./executor-log.ts";

/** Celery's budget is for a fork that has everything; ours has an app to import. */
const START_TIMEOUT_MS = 30_000;

/** How executors of a worker run its tasks; nothing when the worker does not know where its app is. */
export function remoteOptions(worker: Worker): Omit<RemotePoolOptions, "size"> | undefined {
  const { app, options, logger } = worker;
  const { appModule } = options;
  if (appModule === undefined) return undefined;
  const { conf } = app;
  const { workerMaxTasksPerChild, workerMaxMemoryPerChild, workerProcAliveTimeout } = conf;
  return {
    executor: { module: executorModule(), data: executorData(worker) },
    tasksPerExecutor: tasksPerExecutor(worker),
    strategy: options.optimization ?? "fair",
    maxTasksPerExecutor: workerMaxTasksPerChild ?? 0,
    maxMemoryBytes: (workerMaxMemoryPerChild ?? 0) * 1024,
    startTimeoutMs: app.config.valueSetFor("worker_proc_alive_timeout")
      ? workerProcAliveTimeout * 1000
      : START_TIMEOUT_MS,
    onEvent: (event, { index }) => {
      if (isLogLine(event)) writeLogLine(worker.executorLogger(index), event);
    },
    onLog: ({ index, stream, line }) => {
      const level = options.outputLevel ?? (stream === "log" ? "info" : undefined);
      if (level !== undefined) worker.executorLogger(index)[level]({}, line);
      else process[stream === "stdout" ? "stdout" : "stderr"].write(`${line}\n`);
    },
    onExecutorUp: ({ index, pid }) => logger.debug({ index, pid }, "an executor is ready"),
    onRecycling: (executor, why) => logRecycling(logger, executor, why),
    onExecutorDown: ({ index, pid }, err) => {
      if (err) logger.error({ index, pid, err }, "an executor has died");
      else logger.debug({ index, pid }, "an executor has ended");
    },
    onError: (err) => logger.error({ err }, "the pool has a problem with an executor"),
  };
}

/** Levels as in Celery: that of memory is a warning, that of tasks is only seen by those who look for it. */
function logRecycling(logger: Logger, { index, pid }: ExecutorIdentity, why: Recycling): void {
  if (why.limit === "jobs")
    return logger.debug({ index, pid, tasks: why.jobs }, "an executor has had its tasks and is replaced");
  const [usedKiB, limitKiB] = [why.memoryBytes, why.maxMemoryBytes].map((bytes) => Math.round(bytes / 1024));
  logger.warn({ index, pid, usedKiB, limitKiB }, "an executor has exceeded its memory limit and is replaced");
}

function tasksPerExecutor({ app, options }: Worker): number {
  const count = options.tasksPerExecutor ?? app.conf.workerTasksPerExecutor;
  if (Number.isInteger(count) && count >= 1) return count;
  throw new ImproperlyConfiguredError("tasks per executor must be at least 1");
}

function executorData({ app, hostname, logger, options, include }: Worker): ExecutorData {
  const { module = "", cwd = process.cwd() } =
    typeof options.appModule === "string" ? { module: options.appModule } : (options.appModule ?? {});
  return {
    app: { module, cwd, include },
    settings: portableSettings(app),
    hostname,
    logLevel: LEVELS.find((level) => logsAt(logger, level)),
    outputLevel: options.outputLevel,
  };
}

/** Built code runs in executors, also when this file is read as it is, by tests: Node starts no process from it. */
function executorModule(): string {
  const here = import.meta.url.replace(/\/src\/(executor\/[^/]+)\.ts$/, "/dist/$1.js");
  return new URL("executor-module.js", here).href;
}
