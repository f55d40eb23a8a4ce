import { QError, type QErrorOptions } from "@q/kernel";

/** Exit codes of `q`, those of sysexits.h where it has one. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 64,
  unavailable: 69,
  cannotCreate: 73,
  noPermission: 77,
} as const;

/** The command line is wrong, or asks for what cannot be done; printed without a stack. */
export class UsageError extends QError {
  readonly code = "ERR_Q_USAGE";
  readonly exitCode: number;

  constructor(message: string, options: QErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? EXIT.usage;
  }
}

/** Codes of errors that come again as long as the command line and the configuration stay as they are. */
export const WRONG_INPUT: ReadonlySet<string> = new Set([
  "ERR_Q_BEAT_ENTRY",
  "ERR_Q_BROKER_URL",
  "ERR_Q_CRONTAB",
  "ERR_Q_IMPROPERLY_CONFIGURED",
  "ERR_Q_MISSING_DRIVER",
  "ERR_Q_NO_BACKEND",
  "ERR_Q_SCHEDULE",
  "ERR_Q_TASK_ARGUMENTS",
  "ERR_Q_UNKNOWN_BACKEND",
  "ERR_Q_UNKNOWN_COMPRESSION",
  "ERR_Q_UNKNOWN_SERIALIZER",
  "ERR_Q_UNKNOWN_TRANSPORT",
  "ERR_Q_UNROUTABLE",
]);
/** Codes of errors of a broker, a result backend or a schedule's store that is away. */
export const UNREACHABLE: ReadonlySet<string> = new Set([
  "ERR_Q_BACKEND_GET",
  "ERR_Q_BACKEND_STORE",
  "ERR_Q_BEAT_STORE",
  "ERR_Q_CONNECTION",
  "ERR_Q_PUBLISH",
]);

/** The exit code that an error ends a command with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return error.exitCode;
  const code = QError.is(error) ? error.code : "";
  if (WRONG_INPUT.has(code)) return EXIT.usage;
  if (UNREACHABLE.has(code)) return EXIT.unavailable;
  if (code === "ERR_Q_BEAT_LOCKED") return EXIT.cannotCreate;
  return code === "ERR_Q_ACCESS_REFUSED" ? EXIT.noPermission : EXIT.failure;
}
