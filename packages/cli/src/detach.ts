import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { EXIT, UsageError } from "./errors.ts";
import type { Environment } from "./environment.ts";

/** Time for a detached program to fail at once, or to write its pid file. */
const SETTLE_MS = 1500;

/** How a program is sent to the background. */
export interface DetachOptions {
  /** Program that runs it; default this Node. */
  readonly executable?: string | undefined;
  /** What it writes before it has a log. */
  readonly logfile?: string | undefined;
  readonly env: Environment;
}

/**
 * Starts this program once more, in the background and without `--detach`, and returns the exit code: 0 when it lives a
 * moment later. `C_FAKEFORK` keeps it in the foreground: then it returns `undefined`, and the caller goes on.
 */
export async function detach({ executable, logfile, env }: DetachOptions): Promise<number | undefined> {
  if (env["C_FAKEFORK"]) return undefined;
  const args = process.argv.slice(1).filter((arg) => arg !== "--detach" && arg !== "-D");
  const log = logfile === undefined ? undefined : openLog(logfile);
  const child = spawn(executable ?? process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ["ignore", log ?? "ignore", log ?? "ignore"],
    env: { ...process.env, C_FAKEFORK: "1" },
  });
  if (log !== undefined) closeSync(log);
  const code = await new Promise<number | null | undefined>((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), SETTLE_MS);
    child.once("exit", (exit) => {
      clearTimeout(timer);
      resolve(exit);
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(new UsageError(`${executable ?? process.execPath} cannot be started`, { cause: error }));
    });
  });
  child.unref();
  return code === undefined ? EXIT.ok : (code ?? EXIT.failure);
}

function openLog(logfile: string): number {
  try {
    return openSync(logfile, "a");
  } catch (error) {
    throw new UsageError(`the log file ${logfile} cannot be written`, {
      cause: error,
      exitCode: EXIT.cannotCreate,
    });
  }
}
