import { asError } from "@q/kernel";
import type { DispatchStrategy, ExecutorIdentity } from "../contracts.ts";
import type { ExecutorModule } from "../executor/executor.ts";
import type { OutputStream } from "./executor-handle.ts";
import type { Recycling } from "./recycling.ts";

/** A line that came out of an executor. */
export interface ExecutorLine extends ExecutorIdentity {
  readonly line: string;
  readonly stream: OutputStream;
}

/** Options that process pools and thread pools share. */
export interface RemotePoolOptions {
  /** What runs the jobs. */
  readonly executor: ExecutorModule;
  /** Executors. Default 1. */
  readonly size?: number;
  /** Jobs that one executor runs at once, on its event loop. Default 1. */
  readonly tasksPerExecutor?: number;
  /** See {@link DispatchStrategy}. Default `fair`. */
  readonly strategy?: DispatchStrategy;
  /**
   * Most jobs that an executor is given beyond what it runs, while it gets through them quickly: then it need not wait
   * for the next one. Default 32.
   */
  readonly sendAhead?: number;
  /** Jobs after which an executor is replaced. Default 0: never. */
  readonly maxTasksPerExecutor?: number;
  /**
   * Bytes of memory (resident set of a process, used heap of a thread) above which an executor is replaced, once its
   * jobs have ended. Looked at when jobs end. Default 0: never.
   */
  readonly maxMemoryBytes?: number;
  /** Milliseconds in which a new executor must be ready, else it is killed and tried again. Default 10 000. */
  readonly startTimeoutMs?: number;
  /** Milliseconds that a planned end of an executor may take before it is killed. Default 5000. */
  readonly stopTimeoutMs?: number;
  /**
   * Milliseconds without a sign of life after which an executor is killed, as lost. A job that keeps the executor's
   * event loop busy for so long counts as no sign of life. Default 0: never.
   */
  readonly unresponsiveAfterMs?: number;
  /**
   * Executors that may die within {@link restartWindowMs} before the pool waits with the next start, longer each time,
   * up to 30 s. Default 10 times the size.
   */
  readonly maxRestarts?: number;
  /** Milliseconds. Default 1000. */
  readonly restartWindowMs?: number;
  /** An executor's `send`. */
  readonly onEvent?: (event: unknown, from: ExecutorIdentity) => void;
  /** An executor's `log`, and what it writes to its standard output and error, line by line. */
  readonly onLog?: (line: ExecutorLine) => void;
  /** An executor is ready. */
  readonly onExecutorUp?: (executor: ExecutorIdentity) => void;
  /** An executor has reached its limit of jobs or memory: it takes no more, and is replaced when its jobs have ended. */
  readonly onRecycling?: (executor: ExecutorIdentity, why: Recycling) => void;
  /** An executor has ended; with an error when nobody asked it to. */
  readonly onExecutorDown?: (executor: ExecutorIdentity, error: Error | undefined) => void;
  /**
   * An executor could not be started (it is tried again), executors die too often, or another of these callbacks has
   * thrown.
   */
  readonly onError?: (error: Error) => void;
}

const GUARDED = ["onEvent", "onLog", "onExecutorUp", "onRecycling", "onExecutorDown"] as const;

type Callbacks = Pick<RemotePoolOptions, (typeof GUARDED)[number] | "onError">;

/** {@link RemotePoolOptions} with every default filled in. */
export type RemoteSettings = Required<Omit<RemotePoolOptions, keyof Callbacks>> & Callbacks;

/** Fills in the defaults. */
export function remoteSettings(options: RemotePoolOptions): RemoteSettings {
  const size = Math.max(1, options.size ?? 1);
  return {
    tasksPerExecutor: 1,
    strategy: "fair",
    sendAhead: 32,
    maxTasksPerExecutor: 0,
    maxMemoryBytes: 0,
    startTimeoutMs: 10_000,
    stopTimeoutMs: 5000,
    unresponsiveAfterMs: 0,
    maxRestarts: 10 * size,
    restartWindowMs: 1000,
    ...options,
    ...guarded(options),
    size,
  };
}

/** What a callback throws must not end the executor that it was told of. */
function guarded(options: RemotePoolOptions): Callbacks {
  const guards = GUARDED.flatMap((name) => {
    const callback = options[name] as ((...args: readonly unknown[]) => void) | undefined;
    if (callback === undefined) return [];
    const guard = (...args: readonly unknown[]): void => {
      try {
        callback(...args);
      } catch (error) {
        options.onError?.(asError(error));
      }
    };
    return [[name, guard] as const];
  });
  return Object.fromEntries(guards) as Callbacks;
}
