export type {
  DispatchStrategy,
  Execute,
  ExecutorIdentity,
  ExecutorStack,
  ExecutorStats,
  InspectorOptions,
  Job,
  JobContext,
  Outcome,
  Pool,
  PoolCapabilities,
  PoolStats,
  PoolWriteStats,
  TerminateOptions,
} from "./contracts.ts";
export {
  ExecutorStartError,
  NotTransferableError,
  RestartFrequencyError,
  SoftTimeLimitExceeded,
  Terminated,
  TimeLimitExceeded,
  TransferredError,
  WorkerLostError,
} from "./errors.ts";
export type { ExecutorExit } from "./errors.ts";
export type { CreateExecutor, Executor, ExecutorHost, ExecutorModule } from "./executor/executor.ts";
export { createPool } from "./functions/create-pool.ts";
export type { CreatePoolOptions } from "./functions/create-pool.ts";
export { currentJob } from "./functions/current-job.ts";
export { FunctionPool } from "./functions/function-pool.ts";
export type {
  CallOptions,
  CallParameters,
  FunctionArgs,
  FunctionName,
  FunctionResult,
  Functions,
} from "./functions/function-pool.ts";
export { InlinePool } from "./inline/inline-pool.ts";
export type { InlinePoolOptions } from "./inline/inline-pool.ts";
export { POOL_KINDS } from "./kinds.ts";
export type { PoolKind } from "./kinds.ts";
export { ProcessPool } from "./processes/process-pool.ts";
export type { ProcessPoolOptions } from "./processes/process-pool.ts";
export type { ProcessOptions } from "./processes/process-handle.ts";
export type { OutputStream } from "./remote/executor-handle.ts";
export type { Recycling } from "./remote/recycling.ts";
export type { ExecutorLine, RemotePoolOptions } from "./remote/remote-options.ts";
export { ThreadPool } from "./threads/thread-pool.ts";
export type { ThreadPoolOptions } from "./threads/thread-pool.ts";
