import { workerData } from "node:worker_threads";

/*
 * Runs as a thread of its own in each child process, so that it works also while the event loop there is blocked:
 * ends the process when that of the pool is gone.
 */
const { poolPid, everyMs } = workerData as { readonly poolPid: number; readonly everyMs: number };

setInterval(() => {
  if (process.ppid !== poolPid) process.kill(process.pid, "SIGKILL");
}, everyMs);
