import { constants } from "node:os";
import type { ExecutorExit } from "../errors.ts";

/** How a process or thread ended, in words: `Worker exited prematurely: signal 9 (SIGKILL)`. */
export function describeExit(exit: ExecutorExit, cause?: Error): string {
  const { signal, exitCode } = exit;
  const how =
    signal === null ? `exitcode ${exitCode ?? "unknown"}` : `signal ${constants.signals[signal]} (${signal})`;
  return `Worker exited prematurely: ${how}${cause ? `, ${cause.name}: ${cause.message}` : ""}.`;
}
