import { QError } from "@q/kernel";

// Shared with clients, which read them from the result backend.
export { SoftTimeLimitExceeded, Terminated, TimeLimitExceeded, WorkerLostError } from "@q/kernel";
export type { ExecutorExit } from "@q/kernel";

/** An executor could not be started: its module cannot be loaded, it died, or it was not ready in time. */
export class ExecutorStartError extends QError {
  readonly code = "ERR_Q_EXECUTOR_START";
}

/** Executors died so often in so short a time that the pool waits before it starts the next one. */
export class RestartFrequencyError extends QError {
  readonly code = "ERR_Q_RESTART_FREQUENCY";
}

/** A payload or a result cannot be cloned, so it cannot cross to or from an executor. */
export class NotTransferableError extends QError {
  readonly code = "ERR_Q_NOT_TRANSFERABLE";
}

/**
 * An error of a class that only the executor knows: its name, message, stack and properties, and nothing that could
 * run. Errors of JavaScript's own classes come back as those.
 */
export class TransferredError extends Error {
  constructor(name: string, message: string) {
    super(message);
    Object.defineProperty(this, "name", { value: name, configurable: true, writable: true });
  }
}
