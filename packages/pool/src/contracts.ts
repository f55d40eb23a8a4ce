import type { Service } from "@q/kernel";

/** One piece of work. */
export interface Job {
  /** Unique among the jobs of a pool; names the job in `terminate`. */
  readonly id: string;
  /** What `execute` gets. Pools that cross a process or thread boundary demand that it can be cloned. */
  readonly payload: unknown;
  /** Milliseconds after which the job's signal aborts with {@link SoftTimeLimitExceeded}. 0 or absent: never. */
  readonly softLimitMs?: number;
  /** Milliseconds after which the job is ended by force. 0 or absent: never. */
  readonly hardLimitMs?: number;
  /** Told when the executor has looked at the job and is about to do its work; see {@link JobContext.accept}. */
  readonly onAccepted?: ((by: ExecutorIdentity) => void) | undefined;
}

/** Which executor it is: a process, a thread, or the calling process itself. */
export interface ExecutorIdentity {
  /** Number of the executor in its pool, from 0. A replacement takes the number of the one it replaces. */
  readonly index: number;
  /** Process id; for a thread or the event loop that of the calling process. */
  readonly pid: number;
  /** Thread id; 0 where the executor is a process or the event loop. */
  readonly threadId: number;
}

/** What the running function may know about its job. */
export interface JobContext {
  readonly id: string;
  /** Milliseconds after which `signal` aborts; 0 for never. */
  readonly softLimitMs: number;
  /** Aborts when the soft limit is over, when the job is terminated, or when the pool stops at once. */
  readonly signal: AbortSignal;
  /** The outcome is known already, from a limit or a `terminate`: what the function still does counts for nothing. */
  readonly isOver: boolean;
  /** Tells the one who gave the job that its work begins now. Optional; at most once. */
  accept(): void;
}

/** The function that a pool runs; its result or error becomes the job's {@link Outcome}. */
export type Execute = (payload: unknown, context: JobContext) => unknown;

/** How a job ended. */
export type Outcome =
  | { readonly status: "done"; readonly value: unknown }
  | { readonly status: "failed"; readonly error: unknown }
  /** The hard limit was over. Where the function could not be killed it may still be running: see `orphaned`. */
  | { readonly status: "timed out"; readonly limitMs: number; readonly orphaned: boolean }
  /** The executor died, or the job was terminated. */
  | { readonly status: "lost"; readonly reason: Error };

/** What a kind of pool can do, as data. */
export interface PoolCapabilities {
  /** A job that never returns control can be ended. */
  readonly kill: boolean;
  /** Jobs run outside the calling process. */
  readonly isolation: "none" | "thread" | "process";
  /** Several jobs at once. */
  readonly concurrent: boolean;
  /** The size can change while the pool runs. */
  readonly resizable: boolean;
}

/** Counters of a pool, for `inspect stats` and metrics. */
export interface PoolStats {
  readonly implementation: string;
  /** See {@link Pool.size}. */
  readonly size: number;
  /** See {@link Pool.slots}. */
  readonly slots: number;
  readonly running: number;
  /** Jobs that outlived their hard limit in a pool that cannot kill. */
  readonly orphaned: number;
  readonly completed: number;
  /** The executors of a pool that has any, in the order of their index. */
  readonly executors?: readonly ExecutorStats[];
  /** Executors that ended otherwise than they were asked to, since the start of the pool. */
  readonly lost?: number;
  /** Executors started in place of others, since the start of the pool. */
  readonly restarts?: number;
  /** Batches and messages written to executors, and how they are chosen. */
  readonly writes?: PoolWriteStats;
}

/** What `celery inspect stats` calls `writes`. */
export interface PoolWriteStats {
  readonly strategy: DispatchStrategy;
  /** Jobs handed over. */
  readonly jobs: number;
  /** Writes that took them there: jobs of one turn of the event loop travel together. */
  readonly batches: number;
}

/** State of one executor, as {@link PoolStats} shows it. */
export interface ExecutorStats extends ExecutorIdentity {
  readonly state: "starting" | "ready" | "retiring" | "ended";
  readonly running: number;
  /** Jobs it has ended. */
  readonly completed: number;
  /** Resident set of a process, used heap of a thread, as it was told last; 0 until it was. */
  readonly memoryBytes: number;
  /** Milliseconds from its start until it was ready; 0 until it is. */
  readonly startupMs: number;
}

/**
 * How many jobs a pool shall have at hand, as {@link Pool.slots} tells. `fair`: as many as it can run at once. `default`:
 * some more for each executor, so that there is always a next one. Which executor gets which job is the same for both:
 * one that is busy for more than a moment gets none, and is relieved of those that wait there.
 */
export type DispatchStrategy = "fair" | "default";

/** How {@link Pool.terminate} goes about it. Pools that cannot kill ignore it. */
export interface TerminateOptions {
  /**
   * Milliseconds that the job has, once its signal has aborted, before its executor is killed. Default 0 when it is
   * alone on its executor, else 1000, to spare its neighbours.
   */
  readonly graceMs?: number;
  /**
   * Signal to send. `SIGTERM`, `SIGINT`, `SIGQUIT` and `SIGKILL` (default) end the executor with the job; any other is
   * delivered to its process as it is, and what comes of it is between that signal and the program there. A thread
   * hears none: it ends with each.
   */
  readonly signal?: NodeJS.Signals;
}

/** Runs jobs. Knows nothing of tasks or brokers. */
export interface Pool extends Service {
  readonly capabilities: PoolCapabilities;
  /** Executors: processes or threads. On the event loop the same as `slots`. */
  readonly size: number;
  /** Jobs to have at hand: `size` times the jobs that one executor runs, and those that it shall have ahead. */
  readonly slots: number;
  /**
   * Most jobs that the pool takes at once, at least {@link slots}. Where it takes more, executors have the next job at
   * hand when one ends. One that was given ahead may be called back until it begins.
   */
  readonly capacity: number;
  /** Jobs under way: those that run, and those that the pool has taken and that wait for an executor. */
  readonly running: number;
  /**
   * Runs a job and calls `done` once with its outcome, possibly before this returns. The caller keeps `running` below
   * `capacity`: a job beyond it waits for a place. After `stop` the outcome is `lost`.
   */
  submit(job: Job, done: (outcome: Outcome) => void): void;
  /** As {@link submit}, with a promise, which never rejects. */
  run(job: Job): Promise<Outcome>;
  /** Adds executors; resolves when they are ready. Does nothing where the size cannot change. */
  grow(by: number): Promise<void>;
  /** Removes executors, idle ones first, but never the last. Jobs under way are not interrupted, nor waited for. */
  shrink(by: number): Promise<void>;
  /**
   * Replaces every executor, each when it has ended its jobs; resolves when the new ones are ready. Does nothing where
   * there is nothing to replace.
   */
  restart(): Promise<void>;
  /**
   * Takes back those of the jobs under way that `matches` says and that have not begun: `done` is never called for them.
   * A pool that begins a job as soon as it has it has none.
   */
  withdraw(matches: (job: Job) => boolean): readonly Job[];
  /** Ends one job; its outcome is `lost`. False when no such job is under way. */
  terminate(jobId: string, reason: Error, options?: TerminateOptions): boolean;
  /** Ends every job under way, without grace. */
  terminateAll(reason: Error): void;
  stats(): PoolStats;
  /**
   * What each executor executes now, also where its event loop is blocked. Pools on the event loop have none: to ask
   * them is to be what they execute.
   */
  dumpStacks?(): Promise<readonly ExecutorStack[]>;
  /**
   * Opens the inspector of an executor, for `node inspect` or a browser; resolves to its URL.
   *
   * @throws {ImproperlyConfiguredError} when there is no executor of that index
   */
  openInspector?(index: number, options?: InspectorOptions): Promise<string>;
}

/** What one executor executes. */
export interface ExecutorStack extends ExecutorIdentity {
  /** One line per frame, innermost first; empty when it waits. What went wrong, when it could not be had. */
  readonly stack: string;
}

/** Where an inspector listens. */
export interface InspectorOptions {
  /** Default 127.0.0.1: who reaches an inspector can run code. */
  readonly host?: string;
  /** Default 0: any that is free. Of others the first that is free from this one on. */
  readonly port?: number;
}
