import { logLevel } from "./logger.ts";

/** Python's numbers of levels. */
const NUMBERS = { debug: "10", info: "20", warn: "30", error: "40", fatal: "50" } as const;

/**
 * The variables by which Celery's worker tells its processes, and programs that tasks start, how it logs. Ours read none of
 * them.
 *
 * @throws {UsageError} for an unknown level
 */
export function logEnvironment(log: {
  readonly level: string;
  readonly file: string | undefined;
  /** Level of what tasks print, if that is logged. */
  readonly redirect: string | undefined;
}): Readonly<Record<string, string>> {
  return {
    CELERY_LOG_LEVEL: NUMBERS[logLevel(log.level)],
    CELERY_LOG_FILE: log.file ?? "",
    CELERY_LOG_REDIRECT: log.redirect === undefined ? "" : "1",
    CELERY_LOG_REDIRECT_LEVEL: log.redirect ?? "",
  };
}
