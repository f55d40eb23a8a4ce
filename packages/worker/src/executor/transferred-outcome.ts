import { asError } from "@q/kernel";
import { decodeError, type EncodedError, encodeError } from "@q/pool/transfer";
import type { TraceOutcome } from "../trace.ts";

/** A {@link TraceOutcome} that crosses to another process: its error, if any, taken apart. */
export type TransferredOutcome =
  | Exclude<TraceOutcome, { error: Error } | { reason: Error }>
  | { readonly status: TraceOutcome["status"]; readonly failure: EncodedError; readonly rest: object };

/** Takes an outcome apart for its way to the worker. */
export function encodeOutcome(outcome: TraceOutcome): TransferredOutcome {
  if ("error" in outcome) {
    const { status, error, ...rest } = outcome;
    return { status, failure: encodeError(error), rest };
  }
  if (!("reason" in outcome)) return outcome;
  const { status, reason, ...rest } = outcome;
  return { status, failure: encodeError(reason), rest };
}

/** Puts an outcome together that {@link encodeOutcome} took apart; any other is returned as it is. */
export function decodeOutcome(transferred: TransferredOutcome | TraceOutcome): TraceOutcome {
  if (!("failure" in transferred)) return transferred;
  const { status, failure, rest } = transferred;
  const error = asError(decodeError(failure));
  const name = status === "RETRY" || status === "REJECTED" ? "reason" : "error";
  return { status, ...rest, [name]: error } as TraceOutcome;
}
