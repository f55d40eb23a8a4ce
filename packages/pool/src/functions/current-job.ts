import { AsyncLocalStorage } from "node:async_hooks";
import type { JobContext } from "../contracts.ts";

/** The job of everything that runs below it. */
export const jobs: AsyncLocalStorage<JobContext> = new AsyncLocalStorage();

/** The job that the calling code is part of, for its `signal`; undefined outside of `createPool`'s functions. */
export function currentJob(): JobContext | undefined {
  return jobs.getStore();
}
