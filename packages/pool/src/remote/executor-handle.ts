import type { ExecutorExit } from "../errors.ts";
import type { SharedMemory } from "../journal/shared-memory.ts";
import type { Frame } from "../transfer/frame.ts";

/** The pool's end of one process or thread. */
export interface ExecutorHandle {
  readonly pid: number;
  readonly threadId: number;
  /** What the executor sees as well. */
  readonly memory: SharedMemory;
  write(frame: Frame): void;
  /** Ends it, whatever it does: a process at once, a thread within a moment. `onExit` follows. */
  kill(): void;
  /** Delivers a signal; false where there are no signals. */
  signal(signal: NodeJS.Signals): boolean;
  /** What it executes now, also while its event loop is blocked: one line per frame. */
  stack(): Promise<string>;
  /** Opens an inspector there, also while its event loop is blocked; resolves to its URL. */
  openInspector(host: string, port: number): Promise<string>;
  /** Called once, when it has ended and nothing is read from its memory any more. */
  release(): void;
}

/** What a process or thread tells. */
export interface ExecutorEvents {
  onFrame(frame: Frame): void;
  /** A line of its output. */
  onOutput(line: string, stream: OutputStream): void;
  /** It has ended; the last call. `error` says why, where that is known. */
  onExit(exit: ExecutorExit, error?: Error): void;
}

/** Where a line of output was written; `log` is the executor's own line to the pool. */
export type OutputStream = "stdout" | "stderr" | "log";

/** Starts a process or thread. Failures are told through `onExit`. */
export type SpawnExecutor = (index: number, events: ExecutorEvents) => ExecutorHandle;
