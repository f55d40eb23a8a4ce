import { writeSync } from "node:fs";
import { inspectorAddress, loadInspector, openInspector } from "./open-inspector.ts";

/**
 * Milliseconds that tell a stop from none: `debugger` costs a few microseconds when nobody is attached, and at least the
 * way to another program and back when somebody is. Node does not say which.
 */
const STOPPED_MS = 0.1;

/**
 * Stops here until a debugger lets it go on: Celery's `rdb.set_trace()`, with Node's own debugger.
 *
 * Opens the inspector of the process or thread that calls it, on the first free port from 6900 (`CELERY_RDB_PORT`) of
 * 127.0.0.1 (`CELERY_RDB_HOST`), unless it is open, and waits for a debugger, unless one is attached: `node inspect
 * 127.0.0.1:6900`, or a browser. Step out to be where it was called. The task goes on when the debugger says so, or
 * leaves. A debugger that is attached and told to ignore breakpoints counts as none.
 *
 * Nothing else happens meanwhile on this event loop. A hard time limit ends the task all the same.
 *
 * @throws {ImproperlyConfiguredError} when none of a hundred ports is free
 * @see celery/contrib/rdb.py
 */
export function breakpoint(): void {
  const inspector = loadInspector();
  const open = inspector.url();
  if (open === undefined) {
    openInspector(inspectorAddress());
  } else {
    const before = performance.now();
    // oxlint-disable-next-line no-debugger -- what this function is for
    debugger;
    if (performance.now() - before > STOPPED_MS) return;
    // Node told the address when it was opened, not that somebody waits there now. A blocked thread has no stream.
    writeSync(2, `A breakpoint waits for a debugger on ${open}\n`);
  }
  inspector.waitForDebugger();
  // oxlint-disable-next-line no-debugger -- what this function is for
  debugger;
}
