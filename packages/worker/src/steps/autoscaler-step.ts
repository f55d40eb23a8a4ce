import { createAutoscaler } from "../autoscale/create-autoscaler.ts";
import type { Bootstep } from "../blueprint.ts";
import type { Worker } from "../worker.ts";

/** Fits the pool to its load, when the worker is told limits for that and the pool can change its size. */
export const autoscalerStep: Bootstep<Worker> = {
  name: "autoscaler",
  requires: ["consumer"],
  async start(worker) {
    const { app, logger, options, poolControl } = worker;
    if (options.autoscale === undefined || !worker.pool?.capabilities.resizable || worker.isStopping) return;
    const { max, min } = options.autoscale;
    const parts = { pool: poolControl, max, min, clock: app.clock, logger };
    poolControl.autoscaler = await createAutoscaler(app.conf.workerAutoscaler, parts);
    poolControl.autoscaler.start();
  },
  async drain({ poolControl }) {
    poolControl.autoscaler?.stop();
  },
  async stop({ poolControl }) {
    poolControl.autoscaler?.stop();
  },
};
