import { asError } from "@q/kernel";
import type { ExecutorEvents, ExecutorHandle } from "../remote/executor-handle.ts";
import { RemotePool } from "../remote/remote-pool.ts";
import type { RemotePoolOptions } from "../remote/remote-options.ts";
import { ProcessHandle, type ProcessOptions } from "./process-handle.ts";
import { UnstartedProcess } from "./unstarted-process.ts";

/** Options of a {@link ProcessPool}. */
export interface ProcessPoolOptions extends RemotePoolOptions, ProcessOptions {}

/**
 * Runs jobs in child processes: billiard's pool for Node.
 *
 * A hard limit, or `terminate`, is a `SIGKILL`; the process is replaced. A process that dies takes its running jobs
 * with it, each with the outcome `lost` and the exit code or signal in its reason; jobs that had not begun go to
 * another. Children ignore `SIGINT`, `SIGTERM`, `SIGQUIT`, `SIGHUP`, `SIGUSR1` and `SIGUSR2`, which a terminal or a
 * service manager may send to everyone: the pool's process decides. They end within two seconds of the pool's own
 * process, whatever they do.
 *
 * @see billiard/pool.py
 */
export class ProcessPool extends RemotePool {
  constructor(options: ProcessPoolOptions) {
    const pipesOutput = options.onLog !== undefined;
    super(options, {
      implementation: "processes",
      isolation: "process",
      spawn: (index, events) => spawn({ ...options, index, pipesOutput }, events),
    });
  }
}

/** What cannot even be tried is told as any other failure, and tried again. */
function spawn(
  options: ConstructorParameters<typeof ProcessHandle>[0],
  events: ExecutorEvents,
): ExecutorHandle {
  try {
    return new ProcessHandle(options, events);
  } catch (error) {
    return new UnstartedProcess(asError(error), events);
  }
}
