import { asError, type LogFields, type Logger } from "@q/kernel";
import { decodeError, type EncodedError } from "@q/pool/transfer";
import type { ExecutorLogLine } from "./executor-data.ts";

/** True for a line of a log among what an executor has sent. */
export function isLogLine(event: unknown): event is ExecutorLogLine {
  return typeof event === "object" && event !== null && (event as { kind?: unknown }).kind === "log";
}

/** Writes a line that an executor has sent, its errors put together again. */
export function writeLogLine(logger: Logger, line: ExecutorLogLine): void {
  logger[line.level](revived(line.fields), line.message);
}

function revived(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const encoded = (value as { encodedError?: EncodedError } | null | undefined)?.encodedError;
      return [name, encoded === undefined ? value : asError(decodeError(encoded))];
    }),
  );
}
