import type { ResourceLimits } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { RemotePoolOptions } from "../remote/remote-options.ts";
import { RemotePool } from "../remote/remote-pool.ts";
import { ThreadHandle } from "./thread-handle.ts";

/** Options of a {@link ThreadPool}. */
export interface ThreadPoolOptions extends RemotePoolOptions {
  /** Limits of each thread's heap and stack. A thread that exceeds them dies, alone: its jobs are lost. */
  readonly resourceLimits?: ResourceLimits;
  /** Arguments of Node for each thread. Default those of the process. */
  readonly execArgv?: readonly string[];
  /** Environment of each thread. Default a copy of the process's. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs jobs in worker threads, which piscina starts and ends.
 *
 * A hard limit, or `terminate`, ends the thread, also one that never gives back control; the thread is replaced. One
 * inside native code ends when that returns. A crash of Node itself, or of native code, takes the whole process: only
 * child processes protect from that.
 */
export class ThreadPool extends RemotePool {
  #threads: Promise<Piscina> | undefined;

  constructor(options: ThreadPoolOptions) {
    const pipesOutput = options.onLog !== undefined;
    super(options, {
      implementation: "threads",
      isolation: "thread",
      spawn: (_index, events) => {
        this.#threads ??= openPiscina(options);
        return new ThreadHandle({ threads: this.#threads, events, pipesOutput });
      },
    });
  }

  override async stop(): Promise<void> {
    await super.stop();
    await (await this.#threads)?.destroy();
  }
}

async function openPiscina(options: ThreadPoolOptions): Promise<Piscina> {
  const { Piscina: Threads } = await import("piscina");
  const { resourceLimits, execArgv, env } = options;
  const threads = new Threads({
    // How many there are is for the pool to say: each thread is started by the task that takes it.
    minThreads: 0,
    maxThreads: Infinity,
    idleTimeout: 0,
    concurrentTasksPerWorker: 1,
    // Waiting without an event loop is for threads that have nothing but tasks to wait for.
    atomics: "disabled",
    recordTiming: false,
    ...(resourceLimits && { resourceLimits }),
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(env && { env: { ...env } as Record<string, string> }),
  });
  // The task of a thread that fails is told as well.
  threads.on("error", () => {});
  return threads;
}
