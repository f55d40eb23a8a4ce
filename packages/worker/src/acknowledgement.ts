import { TimeLimitExceeded } from "@q/kernel";
import type { Settlement } from "@q/messaging";
import type { ResolvedTaskOptions } from "@q/core/internal";
import type { Outcome } from "@q/pool";
import type { TraceOutcome } from "./trace.ts";

/**
 * What becomes of a message whose task has ended, when it was not acknowledged before.
 *
 * | end                               | settlement                                       |
 * | --------------------------------- | ------------------------------------------------ |
 * | success, retry, ignore            | ack                                              |
 * | failure                           | ack, or reject with `acksOnFailure: false`       |
 * | hard time limit                   | ack, or requeue with `acksOnTimeout: false`      |
 * | executor lost                     | ack, or requeue with `rejectOnWorkerLost`        |
 * | Reject                            | reject or requeue, as the task said              |
 * | undecodable                       | ack                                              |
 * | invalid                           | reject                                           |
 */
export function settlementOf(outcome: TraceOutcome | LostOutcome, options: ResolvedTaskOptions): Settlement {
  switch (outcome.status) {
    case "FAILURE":
      return options.acksOnFailure ? "ack" : "reject";
    case "REJECTED":
      return outcome.requeue ? "requeue" : "reject";
    case "INVALID":
      return "reject";
    case "timed out":
      return options.acksOnTimeout ? "ack" : "requeue";
    case "lost":
      return options.rejectOnWorkerLost ? "requeue" : "ack";
    default:
      return "ack";
  }
}

/** Ends that the executor could not report itself. */
export type LostOutcome = Extract<Outcome, { status: "timed out" | "lost" }>;

/** What a task has failed with whose executor could not report its end. */
export function errorOf(end: LostOutcome): Error {
  return end.status === "timed out" ? new TimeLimitExceeded(end.limitMs) : end.reason;
}
