import type { Executor } from "../executor/executor.ts";
import { contractExecute } from "./contract-jobs.ts";

/** What the contract kit runs in pools of processes and threads, as an executor module. */
export function createExecutor(): Executor {
  return { execute: contractExecute };
}
