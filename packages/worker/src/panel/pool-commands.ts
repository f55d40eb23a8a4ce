import type { Worker } from "../worker.ts";
import { nok, ok, type PanelCommand, type PanelCommands } from "./panel-command.ts";
import { pythonError } from "./python-error.ts";

/** Commands about the pool. Processes take a while to start and to end: nobody waits for that. */
export const poolCommands: PanelCommands = {
  pool_grow: resize("pool_grow", {
    done: "pool will grow",
    resize: (worker, by) => worker.growPool(by),
  }),
  pool_shrink: resize("pool_shrink", {
    done: "pool will shrink",
    resize: (worker, by) => worker.shrinkPool(by),
  }),
  pool_restart: {
    run: (worker, { modules }) => {
      if (!worker.app.conf.workerPoolRestarts) throw pythonError("ValueError", "Pool restarts not enabled");
      const names = Array.isArray(modules) ? modules.map(String) : [];
      later(worker, worker.restartPool({ modules: names }), "pool_restart");
      return ok("reload started");
    },
  },
  autoscale: {
    run: (worker, { max, min }) => {
      const { autoscaler } = worker.poolControl;
      if (autoscaler === undefined) throw pythonError("ValueError", "Autoscale not enabled");
      later(worker, worker.autoscale(countOrNothing(max), countOrNothing(min)), "autoscale");
      const now = autoscaler.info();
      return ok(`autoscale now max=${now.max} min=${now.min}`);
    },
    only: ["max", "min"],
  },
};

function resize(
  command: string,
  how: { readonly done: string; readonly resize: (worker: Worker, by: number) => Promise<void> },
): PanelCommand {
  return {
    run: (worker, { n }) => {
      if (worker.poolControl.autoscaler !== undefined)
        return nok(`${command} is not supported with autoscale. Adjust autoscale range instead.`);
      if (worker.pool?.capabilities.resizable !== true)
        throw pythonError("NotImplementedError", "this pool has a fixed size");
      later(worker, how.resize(worker, countOrNothing(n) ?? 1), command);
      return ok(how.done);
    },
  };
}

function later(worker: Worker, work: Promise<unknown>, method: string): void {
  work.catch((err: unknown) => worker.logger.error({ err, method }, "a command failed"));
}

const countOrNothing = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 ? Math.trunc(value) : undefined;
