import type { Execute, ExecutorIdentity } from "../contracts.ts";

/** Where the code of an executor is, for pools that run jobs in other processes or threads. */
export interface ExecutorModule {
  /**
   * `file:` URL or package specifier of a module that exports a function `createExecutor`. A relative specifier means
   * nothing to a pool: use `new URL("./x.js", import.meta.url).href`.
   */
  readonly module: string;
  /** Handed to `createExecutor`. Anything that can be cloned. */
  readonly data?: unknown;
}

/** What a module's `createExecutor` makes, once in the life of each process or thread. */
export interface Executor {
  /** Called for each job. */
  readonly execute: Execute;
  /** Called before a planned end of the process or thread, when its last job has ended. Not called when it is killed. */
  stop?(): Promise<void> | void;
}

/** What an executor may know about the place where it runs, and its line to the pool. */
export interface ExecutorHost extends ExecutorIdentity {
  /** Aborts when the pool's process is gone or the executor was asked to end. */
  readonly signal: AbortSignal;
  /**
   * Sends something to the pool's `onEvent`; events of one turn travel together with outcomes, in order. False when the
   * pool is slow to read: then wait for {@link drained}. An event that cannot be cloned is dropped, with a line to the
   * log.
   */
  send(event: unknown): boolean;
  /** Sends a line to the pool's `onLog`. */
  log(line: string): void;
  /** Resolves when the pool has read what was sent. */
  drained(): Promise<void>;
}

/** The function that an executor module exports under the name `createExecutor`. */
export type CreateExecutor = (data: unknown, host: ExecutorHost) => Promise<Executor> | Executor;
