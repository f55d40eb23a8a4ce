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
  readonly onAccepted?: (() => void) | undefined;
}

/** What the running function may know about its job. */
export interface JobContext {
  readonly id: string;
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
  readonly size: number;
  readonly running: number;
  /** Jobs that outlived their hard limit in a pool that cannot kill. */
  readonly orphaned: number;
  readonly completed: number;
}

/** Runs jobs. Knows nothing of tasks or brokers. */
export interface Pool extends Service {
  readonly capabilities: PoolCapabilities;
  /** Most jobs that run at once. */
  readonly size: number;
  /** Jobs under way. */
  readonly running: number;
  /**
   * Runs a job and calls `done` once with its outcome, possibly before this returns. The caller keeps `running` below
   * `size`: a job beyond it waits for a slot. After `stop` the outcome is `lost`.
   */
  submit(job: Job, done: (outcome: Outcome) => void): void;
  /** As {@link submit}, with a promise, which never rejects. */
  run(job: Job): Promise<Outcome>;
  grow(by: number): Promise<void>;
  /** Jobs under way are not interrupted. */
  shrink(by: number): Promise<void>;
  /** Aborts one job; its outcome is `lost`. False when no such job is under way. */
  terminate(jobId: string, reason: Error): boolean;
  /** Aborts every job under way. */
  terminateAll(reason: Error): void;
  stats(): PoolStats;
}
