import type { TraceOutcome } from "../trace.ts";
import { type PackedError, packError, unpackError } from "./packed-error.ts";

/**
 * A {@link TraceOutcome} that crosses to another process: its error, if any, taken apart. Of a success whose result
 * nobody wants to know, as most are, the runtime alone.
 */
export type TransferredOutcome =
  | number
  | Exclude<TraceOutcome, { error: Error } | { reason: Error }>
  | { readonly status: TraceOutcome["status"]; readonly failure: PackedError; readonly rest: object };

/** Takes an outcome apart for its way to the worker. */
export function encodeOutcome(outcome: TraceOutcome): TransferredOutcome {
  if (outcome.status === "SUCCESS" && outcome.result === undefined) return outcome.runtimeSeconds;
  if ("error" in outcome) {
    const { status, error, ...rest } = outcome;
    return { status, failure: packError(error), rest };
  }
  if (!("reason" in outcome)) return outcome;
  const { status, reason, ...rest } = outcome;
  return { status, failure: packError(reason), rest };
}

/** Puts an outcome together that {@link encodeOutcome} took apart; any other is returned as it is. */
export function decodeOutcome(transferred: TransferredOutcome | TraceOutcome): TraceOutcome {
  if (typeof transferred === "number")
    return { status: "SUCCESS", runtimeSeconds: transferred, result: undefined };
  if (!("failure" in transferred)) return transferred;
  const { status, failure, rest } = transferred;
  const name = status === "RETRY" || status === "REJECTED" ? "reason" : "error";
  return { status, ...rest, [name]: unpackError(failure) } as TraceOutcome;
}
