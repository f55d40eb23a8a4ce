import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, UsageError } from "./errors.ts";
import type { Environment } from "./environment.ts";
import { readPid } from "./pidfile.ts";

/** Time for a detached program to fail at once, where no pid file tells that it is up. */
const SETTLE_MS = 1500;
/** Time for it to write its pid file: it has loaded its app by then. */
const PIDFILE_MS = 30_000;
const LOOK_MS = 25;

/** How a program is sent to the background. */
export interface DetachOptions {
  /** Program that runs it; default this Node. */
  readonly executable?: string | undefined;
  /** What it writes before it has a log. */
  readonly logfile?: string | undefined;
  /** Tells, when it holds the id of the new process, that the start is over. */
  readonly pidfile?: string | undefined;
  readonly env: Environment;
}

/**
 * Starts this program once more, in the background and without `--detach`, and returns the exit code: 0 when it lives a
 * moment later. `C_FAKEFORK` keeps it in the foreground: then it returns `undefined`, and the caller goes on.
 *
 * @throws {UsageError} when the log file cannot be written, or the program cannot be started
 */
export async function detach({
  executable,
  logfile,
  pidfile,
  env,
}: DetachOptions): Promise<number | undefined> {
  if (env["C_FAKEFORK"]) return undefined;
  const args = process.argv.slice(1).filter((arg) => arg !== "--detach" && arg !== "-D");
  const log = logfile === undefined ? undefined : openLog(logfile);
  const program = executable ?? process.execPath;
  const child = spawn(program, [...process.execArgv, ...args], {
    detached: true,
    stdio: ["ignore", log ?? "ignore", log ?? "ignore"],
    env: { ...process.env, C_FAKEFORK: "1" },
  });
  if (log !== undefined) closeSync(log);
  try {
    return await settled(child, pidfile);
  } catch (error) {
    throw new UsageError(`${program} cannot be started`, { cause: error });
  } finally {
    child.unref();
  }
}

/** The exit code of a program that has ended already, else 0 when it is up. */
async function settled(child: ChildProcess, pidfile: string | undefined): Promise<number> {
  const gone = new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => resolve(code ?? EXIT.failure));
    child.once("error", reject);
  });
  const isUp = new AbortController();
  const up = async (): Promise<number> => {
    const until = performance.now() + (pidfile === undefined ? SETTLE_MS : PIDFILE_MS);
    while (performance.now() < until && !isUp.signal.aborted) {
      if (pidfile !== undefined && readPid(pidfile) === child.pid) break;
      await sleep(LOOK_MS);
    }
    return EXIT.ok;
  };
  try {
    return await Promise.race([gone, up()]);
  } finally {
    isUp.abort();
    child.removeAllListeners();
  }
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
