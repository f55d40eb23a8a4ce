import { QError, type QErrorOptions } from "@q/kernel";

/** Exit codes of `q`, those of sysexits.h where it has one. */
export const EXIT = { ok: 0, failure: 1, usage: 64, unavailable: 69, cannotCreate: 73 } as const;

/** The command line is wrong, or asks for what cannot be done; printed without a stack. */
export class UsageError extends QError {
  readonly code = "ERR_Q_USAGE";
  readonly exitCode: number;

  constructor(message: string, options: QErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? EXIT.usage;
  }
}
