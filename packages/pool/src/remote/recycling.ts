import { MAX_JOBS } from "../journal/journal.ts";
import type { RemoteSettings } from "./remote-options.ts";

/** The limit of an executor that was reached: why it is replaced though nothing is wrong with it. */
export type Recycling =
  | { readonly limit: "jobs"; readonly jobs: number }
  /** `memoryBytes`: the resident set of a process, the used heap of a thread. */
  | { readonly limit: "memory"; readonly memoryBytes: number; readonly maxMemoryBytes: number };

/** Whether an executor has been given all the jobs that it may have; `number` is that of the last one. */
export function hasItsJobs(
  { maxTasksPerExecutor }: RemoteSettings,
  { jobs, number }: { readonly jobs: number; readonly number: number },
): boolean {
  return number >= MAX_JOBS || (maxTasksPerExecutor > 0 && jobs >= maxTasksPerExecutor);
}

/** What an executor of so much memory is to be replaced for, if it is. */
export function excessOfMemory(
  { maxMemoryBytes }: RemoteSettings,
  memoryBytes: number,
): Recycling | undefined {
  return maxMemoryBytes > 0 && memoryBytes > maxMemoryBytes
    ? { limit: "memory", memoryBytes, maxMemoryBytes }
    : undefined;
}
