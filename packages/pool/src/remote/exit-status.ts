import { constants } from "node:os";
import { ExecutorStartError, type ExecutorExit, WorkerLostError } from "../errors.ts";

/** How a process or thread ended, in words: `Worker exited prematurely: signal 9 (SIGKILL)`. */
export function describeExit(exit: ExecutorExit, cause?: Error): string {
  const { signal, exitCode } = exit;
  const how =
    signal === null ? `exitcode ${exitCode ?? "unknown"}` : `signal ${constants.signals[signal]} (${signal})`;
  return `Worker exited prematurely: ${how}${cause ? `, ${cause.name}: ${cause.message}` : ""}.`;
}

/** Why a job was lost whose executor has ended. */
export function lossOf(jobId: string, exit: ExecutorExit, cause?: Error): WorkerLostError {
  return new WorkerLostError(`${describeExit(exit, cause)} Job: ${jobId}.`, { exit, cause });
}

/** What the pool itself has ended an executor for. */
export function killed(index: number, why: string): WorkerLostError {
  return new WorkerLostError(`executor ${index} was killed: ${why}`);
}

/** Why an executor did not come up. `fatal` is what it said itself. */
export function startError(index: number, ending: Error, fatal?: Error): ExecutorStartError {
  if (ending instanceof ExecutorStartError) return ending;
  const cause = fatal ?? ending;
  return new ExecutorStartError(`executor ${index} could not be started: ${cause.message}`, { cause });
}
