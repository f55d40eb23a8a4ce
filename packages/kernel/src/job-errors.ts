import { QError, type QErrorOptions } from "./errors.ts";

/**
 * A job's soft limit is over: the reason of its signal, thrown by `signal.throwIfAborted()`. It is here, not in the
 * pool, because clients without a pool read it from the result backend.
 *
 * @see billiard/exceptions.py, whose classes the errors of this file are on the wire
 */
export class SoftTimeLimitExceeded extends QError {
  readonly code = "ERR_Q_SOFT_TIME_LIMIT";
  /** Undefined when a peer raised it, which does not say. */
  readonly limitMs: number | undefined;
  /** What travels: the limit in seconds, as in Celery. */
  readonly args: readonly number[];

  constructor(limitMs?: number) {
    super(limitText("soft", limitMs));
    this.limitMs = limitMs;
    this.args = limitMs === undefined ? [] : [limitMs / 1000];
  }
}

/** A job was ended because its hard limit was over. */
export class TimeLimitExceeded extends QError {
  readonly code = "ERR_Q_TIME_LIMIT";
  /** Undefined when a peer raised it and does not say. */
  readonly limitMs: number | undefined;
  /** What travels: the limit in seconds, as in Celery. */
  readonly args: readonly number[];

  constructor(limitMs?: number) {
    super(limitText("hard", limitMs));
    this.limitMs = limitMs;
    this.args = limitMs === undefined ? [] : [limitMs / 1000];
  }
}

function limitText(kind: "soft" | "hard", limitMs: number | undefined): string {
  return `the ${kind} time limit${limitMs === undefined ? "" : ` of ${limitMs / 1000} s`} is over`;
}

/** How an executor ended: `exitCode`, or `signal` for a process that one ended. */
export interface ExecutorExit {
  readonly pid: number;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The executor that ran a job ended before the job did. */
export class WorkerLostError extends QError {
  readonly code = "ERR_Q_WORKER_LOST";
  /** Process id of the executor; undefined where it is not known. */
  readonly pid: number | undefined;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;

  constructor(message: string, options: QErrorOptions & { readonly exit?: ExecutorExit } = {}) {
    super(message, options);
    this.pid = options.exit?.pid;
    this.exitCode = options.exit?.exitCode ?? null;
    this.signal = options.exit?.signal ?? null;
  }
}

/** A job was ended on request. */
export class Terminated extends QError {
  readonly code = "ERR_Q_TERMINATED";
}
