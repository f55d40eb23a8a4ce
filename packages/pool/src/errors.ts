import { QError } from "@q/kernel";

/** Reason of a job's signal when its soft limit is over; thrown by `signal.throwIfAborted()`. */
export class SoftTimeLimitExceeded extends QError {
  readonly code = "ERR_Q_SOFT_TIME_LIMIT";
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`SoftTimeLimitExceeded(${limitMs / 1000},)`);
    this.limitMs = limitMs;
  }
}

/** A job was ended because its hard limit was over. */
export class TimeLimitExceeded extends QError {
  readonly code = "ERR_Q_TIME_LIMIT";
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`TimeLimitExceeded(${limitMs / 1000},)`);
    this.limitMs = limitMs;
  }
}

/** The executor that ran a job ended before the job did. */
export class WorkerLostError extends QError {
  readonly code = "ERR_Q_WORKER_LOST";
}

/** A job was ended on request. */
export class Terminated extends QError {
  readonly code = "ERR_Q_TERMINATED";
}
