import { QError } from "@q/kernel";

const mark = Symbol.for("@q/worker/insideExecutor");

/** A worker was started where a worker's tasks run: the module of the app starts one whenever it is imported. */
export class NestedWorkerError extends QError {
  readonly code = "ERR_Q_NESTED_WORKER";

  constructor() {
    super(
      "a worker cannot start inside an executor of another one. The module that a worker names as its appModule is " +
        "imported by every executor: define the app and its tasks there, and start the worker in a module of its own.",
    );
  }
}

/** Remembers, for all copies of this package in this process or thread, that it runs a worker's tasks. */
export function enterExecutor(): void {
  (globalThis as Record<symbol, unknown>)[mark] = true;
}

/** Whether this process or thread was started by a worker to run tasks. */
export function isInsideExecutor(): boolean {
  return (globalThis as Record<symbol, unknown>)[mark] === true;
}
