import type inspector from "node:inspector";
import { ImproperlyConfiguredError } from "@q/kernel";

/** Ports that are tried, from the first one: several processes are debugged at once. */
const MAX_PORTS = 100;

/** Loaded when it is needed: not every build of Node has it. */
export const loadInspector = (): typeof inspector => process.getBuiltinModule("node:inspector");

/** Where inspectors of this program listen. */
export interface InspectorAddress {
  readonly host: string;
  /** The first port to try. */
  readonly port: number;
}

/** What `CELERY_RDB_HOST` and `CELERY_RDB_PORT` say, or Celery's defaults. Who reaches an inspector can run code. */
export function inspectorAddress(
  env: Readonly<Record<string, string | undefined>> = process.env,
): InspectorAddress {
  return { host: env["CELERY_RDB_HOST"] || "127.0.0.1", port: Number(env["CELERY_RDB_PORT"] || 6900) };
}

/**
 * Opens the inspector of this process or thread, unless it is open, and returns its URL. Node prints that as well, and a
 * line for each port that is taken.
 *
 * @throws {ImproperlyConfiguredError} when none of a hundred ports is free
 */
export function openInspector({ host, port }: InspectorAddress): string {
  const { open, url } = loadInspector();
  for (let at = port; url() === undefined; at++) {
    if (at >= port + MAX_PORTS)
      throw new ImproperlyConfiguredError(
        `no port from ${port} on is free for an inspector: set CELERY_RDB_PORT`,
      );
    open(at, host);
  }
  return url() as string;
}
