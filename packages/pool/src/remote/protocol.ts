import type { ExecutorModule } from "../executor/executor.ts";
import type { OutputStream } from "./executor-handle.ts";
import type { EncodedError } from "../transfer/encoded-error.ts";

/*
 * What a pool and its executors tell each other. Tuples, not objects: the names of fields would be most of the bytes.
 * Messages of one turn of the event loop travel as one frame, in order. `seq` is a job's number in its pool.
 */

/** Everything that an executor is told before anything else. */
export interface ExecutorInit {
  readonly index: number;
  readonly executor: ExecutorModule;
  /** Jobs that it runs at once; what it is sent beyond waits inside it. */
  readonly tasksPerExecutor: number;
  /** Most milliseconds between two reports of memory. */
  readonly memoryReportMs: number;
}

/**
 * A job; a soft limit of 0 is none. One that is sent ahead of a free slot waits inside the executor, and `started` is
 * told before it begins.
 */
export type JobMessage = readonly [
  "job",
  seq: number,
  id: string,
  payload: unknown,
  softLimitMs: number,
  isAhead: boolean,
];

export type ToExecutor =
  | readonly ["init", ExecutorInit]
  | JobMessage
  /** Give the job back if it has not begun. */
  | readonly ["recall", seq: number]
  /** The job is over for its caller: abort its signal. */
  | readonly ["abort", seq: number, EncodedError]
  | readonly ["ping", number]
  /** End, once the jobs that are there have ended. */
  | readonly ["stop"];

export type FromExecutor =
  | readonly ["ready"]
  /** The executor module failed; the process or thread ends. */
  | readonly ["not started", EncodedError]
  /** A job that waited inside begins; told before it does. */
  | readonly ["started", seq: number]
  | readonly ["recalled", seq: number]
  | readonly ["accepted", seq: number]
  | readonly ["done", seq: number, value: unknown]
  | readonly ["failed", seq: number, EncodedError]
  | readonly ["event", unknown]
  | readonly ["log", line: string, OutputStream]
  | readonly ["memory", bytes: number]
  | readonly ["pong", number]
  /** An exception that nobody caught; the process or thread ends. */
  | readonly ["fatal", EncodedError];
