import type { Worker } from "../worker.ts";
import { nok, ok, type PanelCommands } from "./panel-command.ts";
import { pythonError } from "./python-error.ts";

const withAutoscale = (command: string): { readonly error: string } =>
  nok(`${command} is not supported with autoscale. Adjust autoscale range instead.`);

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.trunc(value) : 1);

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

const limit = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Commands about the pool. */
export const poolCommands: PanelCommands = {
  pool_grow: {
    run: async (worker, { n }) => {
      if (isAutoscaled(worker)) return withAutoscale("pool_grow");
      await worker.growPool(count(n));
      return ok("pool will grow");
    },
  },
  pool_shrink: {
    run: async (worker, { n }) => {
      if (isAutoscaled(worker)) return withAutoscale("pool_shrink");
      await worker.shrinkPool(count(n));
      return ok("pool will shrink");
    },
  },
  pool_restart: {
    run: async (worker, { modules }) => {
      if (!worker.app.conf.workerPoolRestarts) throw pythonError("ValueError", "Pool restarts not enabled");
      await worker.restartPool({ modules: strings(modules) });
      return ok("reload started");
    },
  },
  autoscale: {
    run: async (worker, { max, min }) => {
      if (!isAutoscaled(worker)) throw pythonError("ValueError", "Autoscale not enabled");
      const limits = await worker.autoscale(limit(max), limit(min));
      return ok(`autoscale now max=${limits.max} min=${limits.min}`);
    },
    only: ["max", "min"],
  },
};

const isAutoscaled = (worker: Worker): boolean => worker.stats().autoscaler !== undefined;
