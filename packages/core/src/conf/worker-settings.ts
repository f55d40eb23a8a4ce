/** Settings: Worker. */
export interface WorkerSettings {
  /** Modules imported when the worker starts. Default `[]`. */
  readonly imports: readonly string[];
  /** Second import list, after imports. Default `[]`. */
  readonly include: readonly string[];
  /** Skip redelivered late-ack tasks that already succeeded. Default `false`. */
  readonly workerDeduplicateSuccessfulTasks: boolean;
  /** Processes, threads or, on the event loop, tasks. `null` or 0: one per CPU. Default `null`. */
  readonly workerConcurrency: number | null;
  /**
   * Messages held per slot, the running one included; 0: no limit. `auto`: one, and on brokers that take messages back
   * without a trace as many more as take 20 ms, see docs/adr/0017-short-tasks-are-fetched-ahead.md. Celery has 4.
   * Default `"auto"`.
   */
  readonly workerPrefetchMultiplier: number | "auto";
  /** Tasks that one process or thread of the pool runs at once; ours. Default `1`. */
  readonly workerTasksPerExecutor: number;
  /**
   * Times that a task may end its process, or be ended at its hard limit, and come again; then it fails and its message
   * is parked. 0: no limit. Ours. Default `3`.
   */
  readonly workerCrashLimit: number;
  /** Maximum ETA tasks held in memory. Default `null`. */
  readonly workerEtaTaskLimit: number | null;
  /** Fetch a message only when a slot is free. Default `false`. */
  readonly workerDisablePrefetch: boolean;
  /** Lower prefetch after reconnect. Default `true`. */
  readonly workerEnablePrefetchCountReduction: boolean;
  /** Seconds to wait for the result of a child that died. Default `10`. */
  readonly workerLostWait: number;
  /** Recycle a child after N tasks. Default `null`. */
  readonly workerMaxTasksPerChild: number | null;
  /** Replace a child that has grown beyond this resident size, KiB. Default `null`. */
  readonly workerMaxMemoryPerChild: number | null;
  /** Ignore all rate limits. Default `false`. */
  readonly workerDisableRateLimits: boolean;
  /** File for revoked ids and clock. Default `null`. */
  readonly workerStateDb: string | null;
  /** Longest sleep between looks at ETA tasks, seconds. Default `1`. */
  readonly workerTimerPrecision: number;
  /** Listen to remote commands. Default `true`. */
  readonly workerEnableRemoteControl: boolean;
  /**
   * Seconds in which a new process or thread must have imported the app; else it is killed and tried again. As long as it
   * is not set, 30. Default `4`.
   */
  readonly workerProcAliveTimeout: number;
  /** Kill late-ack tasks when the connection drops. Default `false`. */
  readonly workerCancelLongRunningTasksOnConnectionLoss: boolean;
  /** Look for quorum queues, which know no global limit of unacknowledged messages. Default `true`. */
  readonly workerDetectQuorumQueues: boolean;
  /** Seconds between a soft shutdown and a cold one; 0 switches soft shutdown off. Default `0`. */
  readonly workerSoftShutdownTimeout: number;
  /** Wait for `workerSoftShutdownTimeout` also when nothing runs. Default `false`. */
  readonly workerEnableSoftShutdownOnIdle: boolean;
  /**
   * Name of the pool that runs tasks: `prefork`, `threads`, `async`, `solo`, or `module:export`. Default `"prefork"`.
   */
  readonly workerPool: string;
  /** Guard submission with a semaphore. Default `true`. */
  readonly workerPoolPutlocks: boolean;
  /** Allow pool_restart. Default `false`. */
  readonly workerPoolRestarts: boolean;
  /** Module path of an autoscaler of your own. Default `null`. */
  readonly workerAutoscaler: string | null;
  /** Module path of a consumer of your own. Default `null`. */
  readonly workerConsumer: string | null;
  /** Module path of a timer of your own. Default `null`. */
  readonly workerTimer: string | null;
  /** Module path of an agent that the worker starts. Default `null`. */
  readonly workerAgent: string | null;
  /** Log file. Default `null`. */
  readonly workerLogfile: string | null;
  /** PID file. Default `null`. */
  readonly workerPidfile: string | null;
  /** User to become. Default `null`. */
  readonly workerUid: string | number | null;
  /** Group to drop to. Default `null`. */
  readonly workerGid: string | number | null;
  /** umask when daemonising. Default `null`. */
  readonly workerUmask: string | number | null;
  /** Interpreter used when detaching. Default `null`. */
  readonly workerExecutable: string | null;
  /** Remove handlers already on the root logger. Default `true`. */
  readonly workerHijackRootLogger: boolean;
  /** Colours by level. `null`: on a terminal. Default `null`. */
  readonly workerLogColor: boolean | null;
  /** Worker line format. Default `"[%(asctime)s: %(levelname)s/%(processName)s] %(message)s"`. */
  readonly workerLogFormat: string;
  /**
   * Line format inside tasks. Default `"[%(asctime)s: %(levelname)s/%(processName)s]
   * %(task_name)s[%(task_id)s]: %(message)s"`.
   */
  readonly workerTaskLogFormat: string;
  /** Send stdout/stderr through the logger. Default `true`. */
  readonly workerRedirectStdouts: boolean;
  /** Level used for that. Default `"WARNING"`. */
  readonly workerRedirectStdoutsLevel: string;
}
