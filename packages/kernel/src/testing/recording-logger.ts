import type { LogFields, Logger, LogMethod } from "../logger.ts";

/** One line that a {@link RecordingLogger} has seen. */
export interface LogLine {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  readonly fields: LogFields;
  readonly message: string;
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
}

/** Creates a logger that keeps its lines in `lines`; children write to the same list. */
export function recordingLogger(lines: LogLine[] = [], base: LogFields = {}): RecordingLogger {
  const at =
    (level: LogLine["level"]): LogMethod =>
    (fields, message) => {
      lines.push({ level, fields: { ...base, ...fields }, message });
    };
  return {
    lines,
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: (fields) => recordingLogger(lines, { ...base, ...fields }),
  };
}
