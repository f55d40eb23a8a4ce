// Shared with clients, which read them from the result backend.
export { SoftTimeLimitExceeded, Terminated, TimeLimitExceeded, WorkerLostError } from "@q/kernel";
