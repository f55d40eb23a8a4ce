import { type Logger, type LogLevel, refuseUnknownOptions } from "@q/kernel";
import type { DispatchStrategy, Execute, ExecutorModule, Pool } from "@q/pool";
import type { AppModule } from "./app-module/app-module.ts";
import type { MonitorAddress } from "./monitor/monitor-server.ts";
import type { Bootstep } from "./blueprint.ts";
import type { Worker } from "./worker.ts";

/** Makes a pool of one's own; a class whose instances are pools does so, too. */
export type PoolFactory = (options: {
  readonly size: number;
  /** Runs a task in the calling process. */
  readonly execute: Execute;
  /** What runs tasks in another process or thread, when the worker knows where its app is. */
  readonly executor: ExecutorModule | undefined;
}) => Pool | Promise<Pool>;

/** Options of a {@link Worker}; absent ones come from the settings of the app. */
export interface WorkerOptions {
  /** Node name, `celery@%h` by default; `%h` host, `%n` name, `%d` domain. */
  readonly hostname?: string;
  /** Names of the queues to consume. Default all configured ones. */
  readonly queues?: readonly string[];
  /** Names of configured queues not to consume. */
  readonly excludeQueues?: readonly string[];
  /**
   * Processes, threads, or tasks on the event loop; 0 for one per CPU. Default the setting `workerConcurrency`, else
   * the number of CPUs.
   */
  readonly concurrency?: number;
  /** Tasks that one process or thread runs at once. Default the setting `workerTasksPerExecutor` (1). */
  readonly tasksPerExecutor?: number;
  /**
   * `prefork` (alias `processes`), `threads`, `async` (aliases `eventlet`, `gevent`), `solo`, `module:export` or a
   * function for a pool of one's own. Default the setting `workerPool`; a worker without {@link appModule} for which
   * nobody has set that gets `async`.
   */
  readonly pool?: string | PoolFactory;
  /**
   * The module that defines the app, as for `q -A` or as a `file:` URL: processes and threads import it to find the
   * tasks. It must not start a worker itself. Without it there is only the event loop.
   */
  readonly appModule?: string | AppModule;
  /** Lets the number of processes or threads follow the load. */
  readonly autoscale?: { readonly max: number; readonly min: number };
  /**
   * `fair`: the worker holds the messages that it can run, times the prefetch multiplier. `default`: sixteen more for each
   * process or thread, times the multiplier, so that there is always a next one. Default `fair`.
   */
  readonly optimization?: DispatchStrategy;
  /** Level at which what processes and threads print goes to the log. Default: it is printed. */
  readonly outputLevel?: LogLevel;
  /** Log of one process or thread, by its number from 0. Default the worker's own. */
  readonly executorLogger?: (index: number) => Logger;
  /** Messages held per slot; 0 for no limit. Default the setting `workerPrefetchMultiplier`. */
  readonly prefetchMultiplier?: number | "auto";
  /**
   * What happens to messages that cannot be used: `reject` as Celery does (dead-lettered where the broker can), or
   * `park` on the queue `<queue>.parked`. Default `reject`.
   */
  readonly unusable?: "reject" | "park";
  /** Seconds that a warm shutdown waits for running tasks before it becomes a cold one. Default: as long as they take. */
  readonly gracePeriod?: number;
  /** Tell monitors of every task. Default the setting `workerSendTaskEvents`. */
  readonly taskEvents?: boolean;
  /** Send no `worker-online`, `worker-heartbeat` and `worker-offline`. Default false. */
  readonly withoutHeartbeat?: boolean;
  /** Seconds between heartbeats. Default 2, also for 0. */
  readonly heartbeatInterval?: number;
  /** Do not ask other workers at the start which tasks are revoked. Default false. */
  readonly withoutMingle?: boolean;
  /** Do not follow the events of other workers. Default false. */
  readonly withoutGossip?: boolean;
  /** File that remembers revoked tasks across restarts; `%n`, `%h` as in the name. Default the setting `workerStateDb`. */
  readonly statedb?: string;
  /** Serve `/live`, `/ready` and `/metrics` over HTTP; port 0 takes any that is free. Default: no server. */
  readonly http?: MonitorAddress;
  /** Discard waiting messages before the start. Default false. */
  readonly purge?: boolean;
  /** Further parts, started with the worker's own. */
  readonly steps?: readonly Bootstep<Worker>[];
  readonly logger?: Logger;
}

/** All of them: one that is forgotten here does not compile. */
const KNOWN: Readonly<Record<keyof WorkerOptions, true>> = {
  hostname: true,
  queues: true,
  excludeQueues: true,
  concurrency: true,
  tasksPerExecutor: true,
  pool: true,
  appModule: true,
  autoscale: true,
  optimization: true,
  outputLevel: true,
  executorLogger: true,
  prefetchMultiplier: true,
  unusable: true,
  gracePeriod: true,
  taskEvents: true,
  withoutHeartbeat: true,
  heartbeatInterval: true,
  withoutMingle: true,
  withoutGossip: true,
  statedb: true,
  http: true,
  purge: true,
  steps: true,
  logger: true,
};

/**
 * For programs without types: a misspelt `concurrency` would be ignored.
 *
 * @throws {ImproperlyConfiguredError} that names the option
 */
export function checkWorkerOptions(options: WorkerOptions): void {
  refuseUnknownOptions("a worker", options, KNOWN);
}
