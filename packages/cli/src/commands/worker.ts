import { expandPath, nodeName, Worker, type WorkerOptions } from "@q/worker";
import type { App } from "@q/core";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { GlobalArguments } from "../global-options.ts";
import { daemonGroups, type daemonOptions } from "../daemon-options.ts";
import { detach, startAgain } from "../detach.ts";
import { exitCodeOf, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";
import { taskList, workerBanner } from "../output/banner.ts";
import { logEnvironment } from "../output/log-environment.ts";
import { logLevel } from "../output/logger.ts";
import { WorkerLog } from "../output/worker-log.ts";
import { TaskOutput } from "@q/worker/internal";
import { PidFile } from "../pidfile.ts";
import { isRoot, takePrivileges } from "../privileges.ts";
import { WorkerSignals } from "../signals.ts";
import { version } from "../version.ts";

const list = (value: string | undefined): string[] | undefined =>
  value?.split(",").filter((one) => one !== "");

/** Celery refuses where pickle is accepted; no message of ours runs code, but tasks do. */
const AS_ROOT =
  "tasks run as root here: start the worker as another user, or with --uid; C_FORCE_ROOT=1 allows it";

/** Options of `q worker`. */
export const workerOptions = {
  hostname: { alias: "n", type: "string", describe: "node name; %h host, %n name, %d domain" },
  loglevel: {
    alias: "l",
    type: "string",
    default: "WARNING",
    describe: "DEBUG, INFO, WARNING, ERROR, CRITICAL",
  },
  logfile: {
    alias: "f",
    type: "string",
    describe: "append the log to this file; %n, %h, %p as in the node name, %i or %I for a file per process",
  },
  logformat: { choices: ["text", "json"], default: "text", describe: "form of the log" },
  queues: { alias: "Q", type: "string", describe: "queues to consume, separated by commas" },
  "exclude-queues": { alias: "X", type: "string", describe: "queues not to consume" },
  include: { alias: "I", type: "string", describe: "modules to import first, separated by commas" },
  concurrency: {
    alias: "c",
    type: "number",
    describe: "processes, threads or, with -P async, tasks; default the number of CPUs",
  },
  pool: {
    alias: "P",
    type: "string",
    describe:
      "prefork (alias processes; default), threads, async (aliases eventlet, gevent), solo, or module:export",
  },
  "tasks-per-executor": {
    type: "number",
    describe: "tasks that each process or thread runs at once; default 1",
  },
  autoscale: { type: "string", describe: "MAX,MIN processes or threads, by the load" },
  "max-tasks-per-child": { type: "number", describe: "replace a process or thread after so many tasks" },
  "max-memory-per-child": {
    type: "number",
    describe: "replace a process or thread that has grown beyond so many KiB",
  },
  "prefetch-multiplier": {
    type: "number",
    describe: "messages held per slot; 0 for no limit; default: one, and more while tasks are short",
  },
  "disable-prefetch": { type: "boolean", describe: "take a message only when a slot is free" },
  optimization: {
    alias: "O",
    choices: ["fair", "default"],
    describe: "fair: hold what can run, and what prefetch adds; default: 16 messages more per process",
  },
  "time-limit": { type: "number", describe: "seconds after which a task is ended by force" },
  "soft-time-limit": { type: "number", describe: "seconds after which a task's signal aborts" },
  "grace-period": { type: "number", describe: "seconds a warm shutdown waits for running tasks" },
  unusable: { choices: ["reject", "park"], describe: "what happens to messages that cannot be used" },
  beat: { alias: "B", type: "boolean", describe: "send periodic tasks too; for one worker only" },
  schedule: {
    alias: ["s", "schedule-filename"],
    type: "string",
    describe: "where -B keeps the schedule, as in q beat",
  },
  scheduler: { type: "string", describe: "scheduler of -B, as in q beat" },
  purge: { alias: "discard", type: "boolean", describe: "discard waiting messages first" },
  statedb: {
    alias: "S",
    type: "string",
    describe: "file that remembers revoked tasks across restarts; %n, %h as in the node name",
  },
  "without-gossip": { type: "boolean", describe: "do not follow the events of other workers" },
  "without-mingle": { type: "boolean", describe: "do not ask other workers what is revoked" },
  "task-events": { alias: ["E", "events"], type: "boolean", describe: "tell monitors of every task" },
  "http-port": { type: "number", describe: "serve /live, /ready and /metrics on this port" },
  "http-host": { type: "string", describe: "address for --http-port; default all" },
  "without-heartbeat": { type: "boolean", describe: "send no heartbeats to monitors" },
  "heartbeat-interval": { type: "number", describe: "seconds between heartbeats; default 2" },
} as const;

/** Titles in the help. */
export const workerGroups: Readonly<
  Record<string, readonly (keyof typeof workerOptions | keyof typeof daemonOptions)[]>
> = {
  "Queues:": ["queues", "exclude-queues", "prefetch-multiplier", "disable-prefetch", "unusable", "purge"],
  "Pool:": [
    "pool",
    "concurrency",
    "tasks-per-executor",
    "autoscale",
    "optimization",
    "max-tasks-per-child",
    "max-memory-per-child",
    "time-limit",
    "soft-time-limit",
    "grace-period",
  ],
  "Fleet:": [
    "task-events",
    "without-gossip",
    "without-mingle",
    "without-heartbeat",
    "heartbeat-interval",
    "http-port",
    "http-host",
  ],
  "Embedded beat:": ["beat", "schedule", "scheduler"],
  ...daemonGroups,
};

/** The options of `q worker`, parsed. */
export type WorkerArguments = GlobalArguments &
  ArgumentsCamelCase<InferredOptionTypes<typeof workerOptions & typeof daemonOptions>>;

/** Runs a worker until it is told to stop; one that was detached and is told to hang up starts again. */
export async function runWorker(args: WorkerArguments, io: Io): Promise<number> {
  const { code, wantsRestart } = await runOnce(args, io);
  // Not before its pid file is gone.
  if (wantsRestart) startAgain();
  return code;
}

/** How a worker has ended. */
interface End {
  readonly code: number;
  readonly wantsRestart: boolean;
}

async function runOnce(args: WorkerArguments, io: Io): Promise<End> {
  const app = await openApp(args, io, { app: true });
  const hostname = nodeName(args.hostname);
  app.config.configFromCmdline(args["--"] ?? []);
  app.config.override(settingsOf(args));
  const { uid = app.conf.workerUid, gid = app.conf.workerGid, umask = app.conf.workerUmask } = args;
  takePrivileges({ umask });
  const background = args.detach === true ? await detachWorker(app, { args, io, hostname }) : undefined;
  if (background !== undefined) return { code: background, wantsRestart: false };
  const log = workerLog(app, { args, io, hostname });
  app.logger = log.main;
  const pidfile = args.pidfile ?? app.conf.workerPidfile;
  using _pidfile = pidfile === null ? undefined : new PidFile(expandPath(pidfile, hostname));
  // The files belong to who starts it, the tasks to who runs it.
  takePrivileges({ uid, gid });
  if (isRoot() && !io.env["C_FORCE_ROOT"]) log.main.warn({}, AS_ROOT);
  await importTasks(app, process.cwd(), list(args.include));

  const outputLevel = app.conf.workerRedirectStdouts
    ? logLevel(app.conf.workerRedirectStdoutsLevel)
    : undefined;
  using _output = outputLevel && new TaskOutput(outputLevel);
  process.title = `q worker ${hostname}`;
  const worker = new Worker(app, {
    ...optionsOf(args, hostname),
    appModule: {
      module: args.app ?? io.env["CELERY_APP"] ?? "",
      cwd: process.cwd(),
      include: list(args.include) ?? [],
    },
    executorLogger: log.executor,
    ...(outputLevel !== undefined && { outputLevel }),
  });
  using signals = new WorkerSignals(worker, args.quiet === true ? { ...io, err: () => {} } : io);
  await worker.start();
  // Without -B a worker does not load the scheduler.
  const beat =
    args.beat === true ? new (await import("../beat/embedded-beat.ts")).EmbeddedBeat(app, args) : undefined;
  try {
    await beat?.start();
    announce(worker, args, io);
    await worker.stopped;
    return { code: signals.exitCode, wantsRestart: signals.wantsRestart };
  } catch (error) {
    io.err(`q worker: ${error instanceof Error ? error.message : String(error)}`);
    await worker.stop("warm");
    return { code: exitCodeOf(error), wantsRestart: false };
  } finally {
    await beat?.[Symbol.asyncDispose]();
    await app.close();
  }
}

/** Settings that the options of the command line change. */
function settingsOf(args: WorkerArguments): Record<string, unknown> {
  return {
    ...(args.disablePrefetch === true && { workerDisablePrefetch: true }),
    ...(args.timeLimit !== undefined && { taskTimeLimit: args.timeLimit }),
    ...(args.softTimeLimit !== undefined && { taskSoftTimeLimit: args.softTimeLimit }),
    ...(args.maxTasksPerChild !== undefined && { workerMaxTasksPerChild: args.maxTasksPerChild }),
    ...(args.maxMemoryPerChild !== undefined && { workerMaxMemoryPerChild: args.maxMemoryPerChild }),
  };
}

/** Starts the same command in the background and returns its exit code; `undefined` when it is to stay here. */
async function detachWorker(
  app: App,
  { args, io, hostname }: { args: WorkerArguments; io: Io; hostname: string },
): Promise<number | undefined> {
  const { workerLogfile, workerPidfile, workerExecutable } = app.conf;
  const expanded = (path: string | null | undefined): string | undefined =>
    path == null ? undefined : expandPath(path, hostname);
  const code = await detach({
    executable: args.executable ?? workerExecutable ?? undefined,
    logfile: expanded(args.logfile ?? workerLogfile),
    pidfile: expanded(args.pidfile ?? workerPidfile),
    io,
  });
  if (code !== undefined) await app.close();
  return code;
}

function announce(worker: Worker, args: WorkerArguments, io: Io): void {
  if (args.quiet === true || worker.isStopping) return;
  io.err(workerBanner(worker, version));
  if (/^(info|debug)$/i.test(args.loglevel)) io.err(taskList(worker.app));
  io.err(`${worker.hostname} ready.`);
}

/** A log by the options of the command line, then the settings; what the worker starts finds it in the environment. */
function workerLog(
  app: App,
  { args, io, hostname }: { args: WorkerArguments; io: Io; hostname: string },
): WorkerLog {
  const { workerLogfile, workerRedirectStdouts, workerRedirectStdoutsLevel } = app.conf;
  const file = args.logfile ?? workerLogfile ?? undefined;
  const variables = logEnvironment({
    level: args.loglevel,
    file: file === undefined ? undefined : expandPath(file, hostname),
    redirect: workerRedirectStdouts ? workerRedirectStdoutsLevel : undefined,
  });
  Object.assign(process.env, variables);
  return new WorkerLog(app, {
    level: args.loglevel,
    file,
    format: args.logformat,
    color: app.conf.workerLogColor ?? (io.color && args.noColor !== true && file === undefined),
    hostname,
  });
}

function optionsOf(args: WorkerArguments, hostname: string): WorkerOptions {
  const [queues, excludeQueues] = [list(args.queues), list(args.excludeQueues)];
  return {
    hostname,
    ...(queues && { queues }),
    ...(excludeQueues && { excludeQueues }),
    // 0 is Celery's word for what the settings say.
    ...(args.concurrency && { concurrency: args.concurrency }),
    ...(args.pool !== undefined && { pool: args.pool }),
    ...(args.tasksPerExecutor !== undefined && { tasksPerExecutor: args.tasksPerExecutor }),
    ...(args.autoscale !== undefined && { autoscale: autoscaleLimits(args.autoscale) }),
    ...(args.optimization !== undefined && { optimization: args.optimization }),
    ...(args.prefetchMultiplier !== undefined && { prefetchMultiplier: args.prefetchMultiplier }),
    ...(args.gracePeriod !== undefined && { gracePeriod: args.gracePeriod }),
    ...(args.unusable !== undefined && { unusable: args.unusable }),
    ...(args.httpPort !== undefined && { http: { port: args.httpPort, host: args.httpHost } }),
    ...(args.taskEvents === true && { taskEvents: true }),
    ...(args.withoutHeartbeat === true && { withoutHeartbeat: true }),
    ...(args.heartbeatInterval !== undefined && { heartbeatInterval: args.heartbeatInterval }),
    ...(args.purge === true && { purge: true }),
    ...(args.statedb !== undefined && { statedb: args.statedb }),
    ...(args.withoutMingle === true && { withoutMingle: true }),
    ...(args.withoutGossip === true && { withoutGossip: true }),
  };
}

/** `10,3` or, with none for the fewest, `10`. @throws {UsageError} for anything else */
function autoscaleLimits(text: string): { readonly max: number; readonly min: number } {
  const groups = /^(?<max>\d+)(?:,(?<min>\d+))?$/.exec(text)?.groups;
  const [max, min] = [Number(groups?.["max"] ?? 0), Number(groups?.["min"] ?? 0)];
  if (max >= 1 && min <= max) return { max, min };
  throw new UsageError(`--autoscale ${text}: write the most and the fewest processes, such as 10,3.`);
}
