import { asError } from "@q/kernel";
import type { Worker } from "../worker.ts";

/** First port, and address, of the inspectors: Celery's variables and defaults. Whoever reaches one can run code. */
function inspectorAddress(env: Readonly<Record<string, string | undefined>>): { host: string; port: number } {
  return { host: env["CELERY_RDB_HOST"] || "127.0.0.1", port: Number(env["CELERY_RDB_PORT"] || 6900) };
}

/**
 * Opens the inspector of the worker and of each of its processes and threads, for `node inspect` or a browser, and
 * returns a line for each. The worker's has the port of `CELERY_RDB_PORT` (6900), the others those behind it.
 *
 * @see celery/contrib/rdb.py
 */
export async function openInspectors(
  worker: Worker,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string[]> {
  const { host, port } = inspectorAddress(env);
  const inspector = await import("node:inspector");
  if (inspector.url() === undefined) inspector.open(port, host);
  const executors = worker.pool?.stats().executors ?? [];
  const others = executors.map(async ({ index, pid }) => {
    const url = await worker.pool
      ?.openInspector?.(index, { host, port: port + 1 + index })
      .catch((error: unknown) => asError(error).message);
    return `executor ${index + 1}, process ${pid}: ${url ?? "none"}`;
  });
  return [`${worker.hostname}, process ${process.pid}: ${inspector.url()}`, ...(await Promise.all(others))];
}
