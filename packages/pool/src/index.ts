export type { Execute, Job, JobContext, Outcome, Pool, PoolCapabilities, PoolStats } from "./contracts.ts";
export { SoftTimeLimitExceeded, Terminated, TimeLimitExceeded, WorkerLostError } from "./errors.ts";
export { InlinePool } from "./inline/inline-pool.ts";
export type { InlinePoolOptions } from "./inline/inline-pool.ts";
