import type { SharedMemory } from "../journal/shared-memory.ts";
import type { Frame } from "../transfer/frame.ts";

/** The executor's end of the channel to its pool. */
export interface ExecutorChannel {
  write(frame: Frame): void;
  /** The pool reads slower than this end writes. */
  readonly isCongested: boolean;
  /** Resolves when everything written has left. */
  drained(): Promise<void>;
}

/** What is special about the place where an executor runs: a process or a thread. */
export interface ExecutorPlace {
  readonly pid: number;
  readonly threadId: number;
  /** What the pool sees as well. */
  readonly memory: SharedMemory;
  memoryBytes(): number;
  /** Gives back memory that nothing uses, if there is a way. */
  collectGarbage?(): void;
  /** Ends the process or thread. */
  exit(code: number): void;
}
