import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { asError } from "@q/kernel";
import { EXIT, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import type { Environment } from "./environment.ts";
import { readPid } from "./pidfile.ts";

/** Time for a detached program to fail at once, where no pid file tells that it is up. */
const SETTLE_MS = 1500;
/** Time for it to write its pid file: it has loaded its app by then. */
const PIDFILE_MS = 30_000;
const LOOK_MS = 25;
/** Bytes of its log that are shown when it has ended. */
const MAX_WORDS = 16_384;
const HOW_TO_SEE = "start it without --detach, or with --logfile, to see why";
/** Before `--workdir`, which the program that is started applies once more. */
const STARTED_IN = process.cwd();
const STARTED_BY = process.geteuid?.();

/** How a program is sent to the background. */
export interface DetachOptions {
  /** Program that runs it; default this Node. */
  readonly executable?: string | undefined;
  /** What it writes before it has a log. */
  readonly logfile?: string | undefined;
  /** Tells, when it holds the id of the new process, that the start is over. */
  readonly pidfile?: string | undefined;
  readonly io: Io;
}

/**
 * Starts this program once more, in the background and without `--detach`, and returns the exit code: 0 when it lives a
 * moment later. Of one that has ended by then it says why, as far as the log tells. `C_FAKEFORK` keeps it in the foreground: then it returns `undefined`, and the caller goes on.
 *
 * @throws {UsageError} when the log file cannot be written, or the program cannot be started
 */
export async function detach({
  executable,
  logfile,
  pidfile,
  io,
}: DetachOptions): Promise<number | undefined> {
  if (io.env["C_FAKEFORK"]) return undefined;
  const args = process.argv.slice(1).filter((arg) => arg !== "--detach" && arg !== "-D");
  const log = logfile === undefined ? undefined : openLog(logfile);
  const program = executable ?? process.execPath;
  const child = spawn(program, [...process.execArgv, ...args], {
    detached: true,
    stdio: ["ignore", log ?? "ignore", log ?? "ignore"],
    env: { ...process.env, C_FAKEFORK: "1" },
    cwd: STARTED_IN,
  });
  const before = log === undefined ? 0 : fstatSync(log).size;
  if (log !== undefined) closeSync(log);
  try {
    const code = await settled(child, pidfile);
    if (code !== EXIT.ok)
      io.err(lastWords(logfile, before) ?? `it ended at once, with exit code ${code}: ${HOW_TO_SEE}`);
    return code;
  } catch (error) {
    throw new UsageError(`${program} cannot be started`, { cause: error });
  } finally {
    child.unref();
  }
}

/** Whether {@link detach} has started this program, and not somebody who wants to see it in the foreground. */
export function isDetached(env: Environment): boolean {
  return env["C_FAKEFORK"] !== undefined && process.stdin.isTTY !== true;
}

/** Whether this program has become another user since its start, who may not be able to open its files. */
export function hasChangedUser(): boolean {
  return process.geteuid?.() !== STARTED_BY;
}

/** Starts this detached program again, for after its own end; what it writes goes where this one's output goes. */
export function startAgain(): void {
  const { argv, execArgv, execPath } = process;
  spawn(execPath, [...execArgv, ...argv.slice(1)], {
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    cwd: STARTED_IN,
  }).unref();
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
      // A program that cannot be started has no id; the error of that comes a moment later.
      if (pidfile !== undefined && child.pid !== undefined && readPid(pidfile) === child.pid) break;
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

/** What a program has written to its log since it was so long; the end of it, when that is much. */
function lastWords(logfile: string | undefined, before: number): string | undefined {
  if (logfile === undefined) return undefined;
  try {
    const log = openSync(logfile, "r");
    try {
      // Of a program that ends at once there is little; a file that others write to as well may have grown meanwhile.
      const start = Math.max(before, fstatSync(log).size - MAX_WORDS);
      const end = Buffer.alloc(MAX_WORDS);
      return end.toString("utf8", 0, readSync(log, end, 0, MAX_WORDS, start)).trim() || undefined;
    } finally {
      closeSync(log);
    }
  } catch {
    return undefined;
  }
}

function openLog(logfile: string): number {
  try {
    return openSync(logfile, "a");
  } catch (error) {
    throw new UsageError(`the log file ${logfile} cannot be written: ${asError(error).message}`, {
      cause: error,
      exitCode: EXIT.cannotCreate,
    });
  }
}
