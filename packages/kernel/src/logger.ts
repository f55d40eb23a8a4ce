/** Structured fields of one log line. Stable names: `taskId`, `taskName`, `queue`, `err`, `code`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One level of a {@link Logger}: data in `fields`, a fixed text as `message`. */
export type LogMethod = (fields: LogFields, message: string) => void;

/**
 * The logger that Q writes to. A pino logger satisfies it as it is; libraries of Q never create one.
 * Task arguments are never written at `info` or above.
 */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
  /** Whether lines of a level go anywhere; absent means that all do. Spares hot paths the building of their fields. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** Names of the levels, least urgent first. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** Whether `logger` does anything with lines of `level`. */
export function logsAt(logger: Logger, level: LogLevel): boolean {
  return logger.isLevelEnabled?.(level) ?? true;
}

const ignore: LogMethod = () => {};

/** The default logger: writes nothing. */
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  child: () => silentLogger,
  isLevelEnabled: () => false,
};
