import { ProcessPool, type RemotePoolOptions, ThreadPool } from "@q/pool";

/** Options of a pool of fault executors; `data` is what `createExecutor` gets. */
export type FaultPoolOptions = Omit<RemotePoolOptions, "executor"> & { readonly data?: unknown };

/** The module of fault executors. */
export const module: string = new URL("./programs/fault-executor.mjs", import.meta.url).href;

/** Small heaps, so that they are soon exhausted. */
export function faultPool(
  kind: "processes" | "threads",
  options: FaultPoolOptions = {},
): ProcessPool | ThreadPool {
  const { data, ...rest } = options;
  const settings = { size: 2, executor: { module, data }, ...rest };
  return kind === "processes"
    ? new ProcessPool({ ...settings, execArgv: ["--max-old-space-size=48"] })
    : new ThreadPool({ ...settings, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 48 } });
}

/** Runs `use` on a started pool, and stops it. */
export async function withPool<TPool extends ProcessPool | ThreadPool>(
  pool: TPool,
  use: (pool: TPool) => Promise<void>,
): Promise<void> {
  await pool.start();
  try {
    await use(pool);
  } finally {
    await pool.stop();
  }
}

let ids = 0;
/** A job for a fault executor. */
export const job = (act: string, parts: object = {}): { id: string; payload: object } => ({
  id: `job-${++ids}`,
  payload: { act, ...parts },
});
