import type { LogLevel } from "@q/kernel";
import type { AppModule } from "../app-module/app-module.ts";

/** Levels of a log, least urgent first. */
export const LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** What a worker tells its executors when they start. */
export interface ExecutorData {
  readonly app: AppModule;
  /** Settings of the worker's app, by their snake_case names. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Node name of the worker. */
  readonly hostname: string;
  /** Least urgent level that the worker's log takes. `undefined`: none. */
  readonly logLevel: LogLevel | undefined;
  /** Level at which what tasks print goes to the log. `undefined`: it is printed. */
  readonly outputLevel: LogLevel | undefined;
}

/** What an executor sends to its worker beside outcomes: a line for the log. */
export interface ExecutorLogLine {
  readonly kind: "log";
  readonly level: LogLevel;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}
