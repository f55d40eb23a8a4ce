import type { ExecutorModule } from "../executor/executor.ts";
import type { OutputStream } from "./executor-handle.ts";
import type { EncodedError } from "../transfer/encoded-error.ts";

/*
 * What a pool and its executors tell each other. Tuples, not objects: the names of fields would be most of the bytes.
 * `job` is the number of a job among those that were given to this executor, from 1; they begin in that order. What
 * must not wait for a frame is in the journal.
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

/** A job; a soft limit of 0 is none. Beyond the jobs that an executor runs at once it waits inside for its turn. */
export type JobMessage = readonly ["job", job: number, id: string, payload: unknown, softLimitMs: number];

export type ToExecutor =
  | readonly ["init", ExecutorInit]
  | JobMessage
  /** The job is over for its caller: abort its signal. */
  | readonly ["abort", job: number, EncodedError]
  | readonly ["ping"]
  /** End, once the jobs that are there have ended. */
  | readonly ["stop"];

export type FromExecutor =
  | readonly ["ready"]
  /** The executor module failed; the process or thread ends. */
  | readonly ["not started", EncodedError]
  /** A job has begun; not told of one that was accepted, or has ended, meanwhile. */
  | readonly ["started", job: number]
  | readonly ["accepted", job: number]
  /** A job that was called back has not begun, and will not. */
  | readonly ["returned", job: number]
  | readonly ["done", job: number, value: unknown]
  | readonly ["failed", job: number, EncodedError]
  | readonly ["event", unknown]
  | readonly ["log", line: string, OutputStream]
  | readonly ["memory", bytes: number]
  | readonly ["pong"]
  /** An exception that nobody caught; the process or thread ends. */
  | readonly ["fatal", EncodedError];
