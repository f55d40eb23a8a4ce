import type { App } from "../app/app.ts";
import type { ResolvedTaskOptions, TaskOptions } from "./task-options.ts";

/** Fills in what a task leaves open, from the settings. */
export function resolveTaskOptions(options: TaskOptions, app: App): ResolvedTaskOptions {
  const conf = app.conf;
  const acksOnEither = options.acksOnFailureOrTimeout ?? conf.taskAcksOnFailureOrTimeout;
  const backoff = options.retryBackoff ?? false;
  return {
    maxRetries: options.maxRetries === undefined ? 3 : options.maxRetries,
    defaultRetryDelay: options.defaultRetryDelay ?? 180,
    retryBackoff: backoff === true ? 1 : backoff,
    retryBackoffMax: options.retryBackoffMax ?? 600,
    retryJitter: options.retryJitter ?? true,
    rateLimit: options.rateLimit ?? conf.taskDefaultRateLimit,
    timeLimit: options.timeLimit ?? conf.taskTimeLimit ?? undefined,
    softTimeLimit: options.softTimeLimit ?? conf.taskSoftTimeLimit ?? undefined,
    ignoreResult: options.ignoreResult ?? conf.taskIgnoreResult,
    storeErrorsEvenIfIgnored: options.storeErrorsEvenIfIgnored ?? conf.taskStoreErrorsEvenIfIgnored,
    serializer: options.serializer ?? conf.taskSerializer,
    compression: options.compression ?? conf.taskCompression ?? undefined,
    acksLate: options.acksLate ?? conf.taskAcksLate,
    rejectOnWorkerLost: options.rejectOnWorkerLost ?? conf.taskRejectOnWorkerLost ?? false,
    acksOnFailure: options.acksOnFailure ?? conf.taskAcksOnFailure ?? acksOnEither,
    acksOnTimeout: options.acksOnTimeout ?? conf.taskAcksOnTimeout ?? acksOnEither,
    trackStarted: options.trackStarted ?? conf.taskTrackStarted,
    sendEvents: options.sendEvents ?? true,
    trail: options.trail ?? true,
    resultreprMaxsize: options.resultreprMaxsize ?? 1024,
  };
}
