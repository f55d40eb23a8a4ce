import type { Executor, ExecutorModule } from "../executor/executor.ts";
import { contractExecute } from "./contract-jobs.ts";

/** Runs {@link contractExecute} in pools of processes and threads: this package's entry is an executor module. */
export const contractExecutor: ExecutorModule = { module: "@q/pool/testing" };

/** See {@link contractExecutor}. */
export function createExecutor(): Executor {
  return { execute: contractExecute };
}
