import { QError } from "@q/kernel";

/** Failures that a second attempt with the same configuration would only repeat. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "ERR_Q_ACCESS_REFUSED",
  "ERR_Q_BROKER_URL",
  "ERR_Q_CLOSED",
  "ERR_Q_IMPROPERLY_CONFIGURED",
  "ERR_Q_MISSING_DRIVER",
  "ERR_Q_UNKNOWN_TRANSPORT",
]);

/** True when trying again cannot help. An error that nobody has classified is worth another attempt. */
export function isFinalError(error: unknown): boolean {
  return QError.is(error) && FINAL_CODES.has(error.code);
}
