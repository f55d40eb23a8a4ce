import type { Worker } from "../worker.ts";
import { nok, ok, type PanelCommands } from "./panel-command.ts";
import { pythonError } from "./python-error.ts";

const withAutoscale = (command: string): { readonly error: string } =>
  nok(`${command} is not supported with autoscale. Adjust autoscale range instead.`);

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.trunc(value) : 1);

/** Commands about the pool. */
export const poolCommands: PanelCommands = {
  pool_grow: {
    run: async (worker, { n }) => {
      if (isAutoscaled(worker)) return withAutoscale("pool_grow");
      await worker.pool?.grow(count(n));
      return ok("pool will grow");
    },
  },
  pool_shrink: {
    run: async (worker, { n }) => {
      if (isAutoscaled(worker)) return withAutoscale("pool_shrink");
      await worker.pool?.shrink(count(n));
      return ok("pool will shrink");
    },
  },
  pool_restart: {
    run: () => {
      throw pythonError("ValueError", "Pool restarts not enabled");
    },
  },
  autoscale: {
    run: () => {
      throw pythonError("ValueError", "Autoscale not enabled");
    },
    only: ["max", "min"],
  },
};

const isAutoscaled = (_worker: Worker): boolean => false;
