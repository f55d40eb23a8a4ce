import { inspectorAddress, openInspector } from "@q/core/internal/control";
import { asError } from "@q/kernel";
import type { Worker } from "../worker.ts";

/**
 * Opens the inspector of the worker and of each of its processes and threads, for `node inspect` or a browser, and
 * returns a line for each. The worker's has the port of `CELERY_RDB_PORT` (6900)
 * or the next that is free, the others those behind it.
 *
 * @see celery/contrib/rdb.py
 */
export async function openInspectors(
  worker: Worker,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string[]> {
  const { host, port } = inspectorAddress(env);
  const own = openInspector({ host, port });
  const executors = worker.pool?.stats().executors ?? [];
  const others = executors.map(async ({ index, pid }) => {
    const url = await worker.pool
      ?.openInspector?.(index, { host, port: port + 1 + index })
      .catch((error: unknown) => asError(error).message);
    return `executor ${index + 1}, process ${pid}: ${url ?? "none"}`;
  });
  return [`${worker.hostname}, process ${process.pid}: ${own}`, ...(await Promise.all(others))];
}
