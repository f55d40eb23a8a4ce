import type { Io } from "../io.ts";

/** Runs `work` until it ends or the process is asked to: INT and TERM abort its signal. */
export async function untilStopped(io: Io, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const signal = io.stop ? AbortSignal.any([io.stop, stop.signal]) : stop.signal;
  process.once("SIGINT", abort).once("SIGTERM", abort);
  try {
    await work(signal);
  } finally {
    process.off("SIGINT", abort).off("SIGTERM", abort);
  }
}
