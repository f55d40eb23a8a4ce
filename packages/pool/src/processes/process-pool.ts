import { RemotePool } from "../remote/remote-pool.ts";
import type { RemotePoolOptions } from "../remote/remote-options.ts";
import { ProcessHandle, type ProcessOptions } from "./process-handle.ts";

/** Options of a {@link ProcessPool}. */
export interface ProcessPoolOptions extends RemotePoolOptions, ProcessOptions {}

/**
 * Runs jobs in child processes: billiard's pool for Node.
 *
 * A hard limit, or `terminate`, is a `SIGKILL`; the process is replaced. A process that dies takes its running jobs
 * with it, each with the outcome `lost` and the exit code or signal in its reason; jobs that had not begun go to
 * another. Children ignore `SIGINT`, `SIGTERM` and `SIGQUIT`, which reach them from a terminal: the pool decides. They
 * end within two seconds of the pool's own process, whatever they do.
 *
 * @see billiard/pool.py
 */
export class ProcessPool extends RemotePool {
  constructor(options: ProcessPoolOptions) {
    const pipesOutput = options.onLog !== undefined;
    super(options, {
      implementation: "processes",
      isolation: "process",
      spawn: (index, events) => new ProcessHandle({ ...options, index, pipesOutput }, events),
    });
  }
}
