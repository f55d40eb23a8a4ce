import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Cancel, ImproperlyConfiguredError } from "@q/kernel";
import type { Bootstep } from "../blueprint.ts";
import { expandPath } from "../node-name.ts";
import type { RevokedSet } from "../revoked-set.ts";
import { StateFile } from "../state-file.ts";
import type { Worker } from "../worker.ts";

/** Changes are written this late, so that a thousand revocations cost one write. */
const DELAY_MS = 200;

/**
 * Reads what was revoked before the worker was started, and writes what is revoked from then on, to the file that the
 * setting `workerStateDb` or the option `statedb` names.
 *
 * @see celery/worker/state.py, Persistent
 */
export function stateStep(): Bootstep<Worker> {
  let save: (() => void) | undefined;
  let planned: Cancel | undefined;
  return {
    name: "state",
    async start(worker) {
      const { app, hostname, logger, revoked, revokedStamps } = worker;
      const pattern = worker.options.statedb ?? app.conf.workerStateDb;
      if (pattern === null) return;
      const path = resolve(expandPath(pattern, hostname));
      checkFolder(path);
      const file = new StateFile(path, logger);
      const state = file.read();
      const age = (atMs: number): number => Math.max(0, app.clock.now() - atMs);
      for (const [id, atMs] of state?.revoked ?? []) revoked.add(id, age(atMs));
      for (const [text, atMs] of state?.revokedStamps ?? []) revokedStamps.add(text, age(atMs));
      if (state) app.logicalClock.adjust(state.clock);
      save = () => {
        const now = app.clock.now();
        const dated = (set: RevokedSet): [string, number][] =>
          set.entries().map(([text, ageMs]) => [text, Math.round(now - ageMs)]);
        file.write({
          revoked: dated(revoked),
          revokedStamps: dated(revokedStamps),
          clock: app.logicalClock.value,
        });
      };
      revoked.onChange = revokedStamps.onChange = () => {
        planned ??= app.clock.schedule(DELAY_MS, () => {
          planned = undefined;
          save?.();
        });
      };
    },
    async stop(worker) {
      planned?.();
      worker.revoked.onChange = worker.revokedStamps.onChange = undefined;
      save?.();
    },
  };
}

/** @throws {ImproperlyConfiguredError} early: hours later nobody looks at the log */
function checkFolder(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new ImproperlyConfiguredError(
      `the state file ${path} cannot be written: its folder does not exist or is not writable.`,
      { cause },
    );
  }
}
