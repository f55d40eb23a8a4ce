import type { Logger } from "@q/kernel";
import type { Execute, Pool } from "@q/pool";
import type { Bootstep } from "./blueprint.ts";
import type { Worker } from "./worker.ts";

/** Makes a pool of one's own. */
export type PoolFactory = (options: {
  readonly size: number;
  readonly execute: Execute;
}) => Pool | Promise<Pool>;

/** Options of a {@link Worker}; absent ones come from the settings of the app. */
export interface WorkerOptions {
  /** Node name, `celery@%h` by default; `%h` host, `%n` name, `%d` domain. */
  readonly hostname?: string;
  /** Names of the queues to consume. Default all configured ones. */
  readonly queues?: readonly string[];
  /** Names of configured queues not to consume. */
  readonly excludeQueues?: readonly string[];
  /** Tasks at once. Default the setting `workerConcurrency`, else the number of CPUs. */
  readonly concurrency?: number;
  /** `async` (aliases `eventlet`, `gevent`), `solo`, or a pool of one's own. Default the setting `workerPool`. */
  readonly pool?: string | PoolFactory;
  /** Messages held per slot. Default the setting `workerPrefetchMultiplier`; 0 for no limit. */
  readonly prefetchMultiplier?: number;
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
  /** Seconds between heartbeats. Default 2. */
  readonly heartbeatInterval?: number;
  /** Do not ask other workers at the start which tasks are revoked. Default false. */
  readonly withoutMingle?: boolean;
  /** Do not follow the events of other workers. Default false. */
  readonly withoutGossip?: boolean;
  /** File that remembers revoked tasks across restarts; `%n`, `%h` as in the name. Default the setting `workerStateDb`. */
  readonly statedb?: string;
  /** Discard waiting messages before the start. Default false. */
  readonly purge?: boolean;
  /** Further parts, started with the worker's own. */
  readonly steps?: readonly Bootstep<Worker>[];
  readonly logger?: Logger;
}
