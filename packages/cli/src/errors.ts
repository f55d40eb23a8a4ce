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

/** The exit code that an error ends a command with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return error.exitCode;
  switch (QError.is(error) ? error.code : undefined) {
    case "ERR_Q_CONNECTION":
    case "ERR_Q_PUBLISH":
      return EXIT.unavailable;
    case "ERR_Q_ACCESS_REFUSED":
      return EXIT.noPermission;
    default:
      return EXIT.failure;
  }
}
