import { expandPath } from "@q/worker";
import type { App } from "@q/core";
import type { Logger } from "@q/kernel";
import { createLogger, type LogOptions } from "./logger.ts";

/** Where and how a worker logs, by its command line. */
export interface WorkerLogOptions {
  readonly level: string;
  readonly file: string | undefined;
  readonly format: "text" | "json";
  readonly color: boolean;
  /** Node name. */
  readonly hostname: string;
}

/**
 * The log of a worker and of its processes and threads. Lines of the latter go where its own go, under the name that
 * Celery gives such a process; a log file with `%i` or `%I` in its name is one file for each.
 */
export class WorkerLog {
  /** The worker's own. */
  readonly main: Logger;
  readonly #options: LogOptions;
  readonly #file: string | undefined;
  readonly #hostname: string;
  readonly #executors = new Map<number, Logger>();

  /** An app that was made with a logger keeps it. @throws {UsageError} for an unknown level or a file that cannot be written */
  constructor(app: App, options: WorkerLogOptions) {
    const { workerLogFormat, workerTaskLogFormat } = app.conf;
    const { level, format, color } = options;
    const isSet = (name: string): boolean => app.config.valueSetFor(name);
    this.#file = options.file;
    this.#hostname = options.hostname;
    this.#options = {
      level,
      format,
      color,
      templates: {
        worker: isSet("worker_log_format") ? workerLogFormat : undefined,
        task: isSet("worker_task_log_format") ? workerTaskLogFormat : undefined,
      },
    };
    this.main = app.hasOwnLogger ? app.logger : this.#open(0);
  }

  /** Log of one process or thread, by its number from 0. */
  readonly executor = (index: number): Logger => {
    const known = this.#executors.get(index);
    if (known !== undefined) return known;
    const hasOwnFile = this.#file !== undefined && /%[iI]/.test(this.#file.replaceAll("%%", ""));
    const logger = (hasOwnFile ? this.#open(index + 1) : this.main).child({
      processName: `ForkPoolWorker-${index + 1}`,
    });
    this.#executors.set(index, logger);
    return logger;
  };

  #open(poolIndex: number): Logger {
    const file = this.#file === undefined ? undefined : expandPath(this.#file, this.#hostname, poolIndex);
    return createLogger({ ...this.#options, file });
  }
}
