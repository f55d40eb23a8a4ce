import { giveBackCounted } from "./crash-counter.ts";
import { Dispatcher } from "./dispatcher.ts";
import { parkMessage } from "./parking.ts";
import type { Worker } from "./worker.ts";

/** The dispatcher of a worker whose pool is there, as its options and settings say. */
export function createDispatcher(worker: Worker): Dispatcher {
  const { app, hostname, logger, options, pool, reporter, revoked, revokedStamps, limits } = worker;
  if (pool === undefined) throw new TypeError("the worker has not started");
  const { conf } = app;
  return new Dispatcher({
    app,
    hostname,
    logger,
    revoked,
    revokedStamps,
    limits,
    limitsRates: !conf.workerDisableRateLimits,
    reporter,
    pool,
    clock: app.clock,
    park: async (delivery, error) => parkMessage(await app.producer(), delivery, error),
    parksUnusable: options.unusable === "park",
    giveBack: async (from) => giveBackCounted(await app.producer(), from),
    crashLimit: conf.workerCrashLimit,
    prefetchMultiplier: conf.workerDisablePrefetch
      ? 1
      : (options.prefetchMultiplier ?? conf.workerPrefetchMultiplier),
    etaLimit: conf.workerEtaTaskLimit,
  });
}
