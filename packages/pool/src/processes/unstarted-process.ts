import { SharedArray } from "../journal/shared-array.ts";
import type { ExecutorEvents, ExecutorHandle } from "../remote/executor-handle.ts";

/** Stands in for a process that could not be started: no file may be open any more, for instance. */
export class UnstartedProcess implements ExecutorHandle {
  readonly pid = 0;
  readonly threadId = 0;
  readonly memory: SharedArray = SharedArray.allocate(0);
  readonly #error: Error;

  constructor(error: Error, events: ExecutorEvents) {
    this.#error = error;
    setImmediate(() => events.onExit({ pid: 0, exitCode: null, signal: null }, error));
  }

  write(): void {}

  kill(): void {}

  signal(): boolean {
    return false;
  }

  stack(): Promise<string> {
    return Promise.reject(this.#error);
  }

  openInspector(): Promise<string> {
    return Promise.reject(this.#error);
  }

  release(): void {}
}
