/** Built-in states of a task. Custom ones are any other text. */
export type BuiltinState =
  "PENDING" | "RECEIVED" | "STARTED" | "SUCCESS" | "FAILURE" | "REVOKED" | "REJECTED" | "RETRY" | "IGNORED";

/** The task has reached its end. */
export const READY_STATES: ReadonlySet<string> = new Set(["SUCCESS", "FAILURE", "REVOKED"]);
/** Built-in states before the end. */
export const UNREADY_STATES: ReadonlySet<string> = new Set([
  "PENDING",
  "RECEIVED",
  "STARTED",
  "REJECTED",
  "RETRY",
]);
/** The result is an error. */
export const EXCEPTION_STATES: ReadonlySet<string> = new Set(["RETRY", "FAILURE", "REVOKED"]);
/** `get` throws the result. */
export const PROPAGATE_STATES: ReadonlySet<string> = new Set(["FAILURE", "REVOKED"]);

const ORDER = ["SUCCESS", "FAILURE", "", "REVOKED", "STARTED", "RECEIVED", "REJECTED", "RETRY", "PENDING"];

/** State of a task that was asked to end; not an end by itself. @see celery/contrib/abortable.py */
export const ABORTED = "ABORTED";

/** Rank of a state: the smaller, the nearer to success. Custom states rank between FAILURE and REVOKED. */
export function statePrecedence(state: string): number {
  const rank = ORDER.indexOf(state);
  return rank < 0 ? ORDER.indexOf("") : rank;
}
