import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { asError, isProcessAlive } from "@q/kernel";
import { EXIT, UsageError } from "./errors.ts";

/** A file with the process id that exists while the process does. A stale one is replaced. */
export class PidFile implements Disposable {
  readonly #path: string;

  /** @throws {UsageError} when the process of an existing file is alive, or the file cannot be written */
  constructor(path: string) {
    this.#path = path;
    const owner = readPid(path);
    if (owner !== undefined && isProcessAlive(owner)) {
      throw new UsageError(
        `${path}: process ${owner} is already running. Stop it, or name another --pidfile.`,
        {
          exitCode: EXIT.cannotCreate,
        },
      );
    }
    try {
      if (owner !== undefined) rmSync(path, { force: true });
      const file = openSync(path, "wx", 0o644);
      writeSync(file, `${process.pid}\n`);
      closeSync(file);
    } catch (error) {
      throw new UsageError(`the pid file ${path} cannot be written: ${asError(error).message}`, {
        cause: error,
        exitCode: EXIT.cannotCreate,
      });
    }
  }

  [Symbol.dispose](): void {
    if (readPid(this.#path) !== process.pid) return;
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Who has become another user may not remove what root has made. The next start replaces it.
    }
  }
}

/** The id in the file; -1, which no process has, when it holds something else; `undefined` when there is no file. */
export function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    return Number.isInteger(pid) && pid > 0 ? pid : -1;
  } catch {
    return undefined;
  }
}
