export { Batcher } from "./batcher.ts";
export type { BatcherOptions } from "./batcher.ts";
export { exponentialDelay, retryDelayMs, retryOverTime } from "./backoff.ts";
export type { RetryOverTimeOptions, RetryPolicy } from "./backoff.ts";
export { sleep, systemClock } from "./clock.ts";
export type { Cancel, Clock } from "./clock.ts";
export { coalesce } from "./coalesce.ts";
export { construct } from "./construct.ts";
export type { Construction } from "./construct.ts";
export { deferred } from "./deferred.ts";
export type { Deferred } from "./deferred.ts";
export { loadDriver } from "./driver.ts";
export {
  asError,
  ClosedError,
  ImproperlyConfiguredError,
  MissingDriverError,
  QError,
  TimeoutError,
} from "./errors.ts";
export type { QErrorOptions } from "./errors.ts";
export { SoftTimeLimitExceeded, Terminated, TimeLimitExceeded, WorkerLostError } from "./job-errors.ts";
export type { ExecutorExit } from "./job-errors.ts";
export type { Service } from "./lifecycle.ts";
export { logsAt, silentLogger } from "./logger.ts";
export type { LogFields, Logger, LogLevel, LogMethod } from "./logger.ts";
export { Mailbox } from "./mailbox.ts";
export { didYouMean, nearestName, refuseUnknownOptions } from "./nearest.ts";
export { isProcessAlive } from "./process-alive.ts";
export { Slots } from "./slots.ts";
export { TransitMap } from "./transit-map.ts";
