import { inspectorAddress, loadInspector, openInspector } from "./open-inspector.ts";

/**
 * Stops here until a debugger lets it go on: Celery's `rdb.set_trace()`, with Node's own debugger.
 *
 * Opens the inspector of the process or thread that calls it, on the first free port from 6900 (`CELERY_RDB_PORT`) of
 * 127.0.0.1 (`CELERY_RDB_HOST`), and waits for a debugger: `node inspect 127.0.0.1:6900`, or a browser. Step out to be
 * where it was called. The task goes on when the debugger says so, or leaves. Where an inspector is open already, as it
 * is the second time, it stops if a debugger is attached, and does not wait for one.
 *
 * Nothing else happens meanwhile on this event loop. A hard time limit ends the task all the same.
 *
 * @throws {ImproperlyConfiguredError} when none of a hundred ports is free
 * @see celery/contrib/rdb.py
 */
export function breakpoint(): void {
  const inspector = loadInspector();
  if (inspector.url() === undefined) {
    openInspector(inspectorAddress());
    inspector.waitForDebugger();
  }
  // oxlint-disable-next-line no-debugger -- what this function is for
  debugger;
}
