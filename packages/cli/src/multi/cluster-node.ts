import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT, UsageError } from "../errors.ts";
import { isProcessAlive } from "@q/kernel";
import { readPid } from "../pidfile.ts";
import type { ClusterPlan, PlannedNode } from "./node-plan.ts";

/** The command itself, as the package installs it. */
const PROGRAM = fileURLToPath(new URL("../../bin/q.js", import.meta.url));

/** Options that stand before the name of the command. */
const GLOBAL_OPTIONS: ReadonlySet<string> = new Set(
  "-A --app -b --broker --result-backend --loader --config --workdir -C --no-color -q --quiet".split(" "),
);

/** Where pid files and logs go, unless options say otherwise; the working directory where these may not be written. */
const FOLDERS = { pid: "/var/run/celery", log: "/var/log/celery" };

/** One worker of a cluster: the command that starts it, and the process that its pid file names. */
export class ClusterNode {
  readonly name: string;
  /** Program and arguments that start it in the background. */
  readonly command: readonly string[];
  readonly pidfile: string;
  readonly logfile: string;

  constructor({ name, options: given }: PlannedNode, plan: Omit<ClusterPlan, "nodes">) {
    this.name = name;
    const options = new Map(given);
    const taken = (names: string[], fallback: () => string): string => {
      const found = names.find((option) => options.get(option) !== undefined);
      const value = (found === undefined ? undefined : options.get(found)) ?? fallback();
      for (const option of names) options.delete(option);
      return this.expand(value);
    };
    this.pidfile = taken(["--pidfile"], () => join(usable(FOLDERS.pid), "%n.pid"));
    this.logfile = taken(["--logfile", "-f"], () => join(usable(FOLDERS.log), "%n%I.log"));
    const executable = taken(["--executable"], () => process.execPath);
    const words = ([option, value]: readonly [string, string | undefined]): string[] => {
      if (value === undefined) return [option];
      return option.startsWith("--") ? [`${option}=${this.expand(value)}`] : [option, this.expand(value)];
    };
    const all = [...options];
    const isGlobal = ([option]: readonly [string, unknown]): boolean => GLOBAL_OPTIONS.has(option);
    this.command = [
      executable,
      PROGRAM,
      ...all.filter(isGlobal).flatMap(words),
      ...(plan.cmd === undefined ? ["worker", "--detach"] : split(this.expand(plan.cmd))),
      ...words(["-n", name]),
      ...words(["--pidfile", this.pidfile]),
      ...words(["--logfile", this.logfile]),
      ...all.filter((option) => !isGlobal(option)).flatMap(words),
      ...plan.passthrough,
      ...(plan.append === undefined ? [] : split(this.expand(plan.append))),
    ];
  }

  /**
   * The template for this node: %n and %N its short name, %p and %h its whole name, %d its host. %i and %I are left for
   * the worker, whose processes they number.
   */
  expand(template: string): string {
    const [short = "", host = ""] = this.name.split("@");
    const known: Readonly<Record<string, string>> = {
      n: short,
      N: short,
      d: host,
      h: this.name,
      p: this.name,
    };
    return template.replaceAll(/%([a-zA-Z%])/g, (whole, letter: string) =>
      letter === "%" ? "%" : (known[letter] ?? whole),
    );
  }

  /** The process that the pid file names, alive or not; `undefined` without a file. */
  get pid(): number | undefined {
    const pid = readPid(this.pidfile);
    return pid === undefined || pid < 1 ? undefined : pid;
  }

  get isAlive(): boolean {
    return this.pid !== undefined && isProcessAlive(this.pid);
  }

  /** Starts it and returns the exit code of the command, which ends when the worker is in the background. */
  async start(say: (line: string) => void): Promise<number> {
    makeFolder(this.pidfile);
    makeFolder(this.logfile);
    const [program = "", ...args] = this.command;
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => (words = (words + chunk.toString()).slice(-2000)));
    return new Promise((resolve, reject) => {
      child.once("error", (error) =>
        reject(new UsageError(`${program} cannot be started: ${error.message}`, { cause: error })),
      );
      child.once("exit", (code, signal) => {
        // The worker has this process's end of the pipe too, so the stream itself does not end.
        child.stderr.destroy();
        if (words.trim() !== "") say(words.trim());
        if (signal !== null) say(`* Child was terminated by signal ${signal}`);
        else if (code !== 0) say(`* Child terminated with exit code ${code}`);
        resolve(code ?? EXIT.failure);
      });
    });
  }

  /** False when there is no such process. */
  send(signal: NodeJS.Signals): boolean {
    const { pid } = this;
    if (pid === undefined || !isProcessAlive(pid)) return false;
    try {
      process.kill(pid, signal);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw new UsageError(`process ${pid} of ${this.name} may not be signalled`, { cause: error });
    }
  }
}

/** The folder where it may be written, else the working directory. */
function usable(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return process.cwd();
  }
}

function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new UsageError(`the folder of ${file} cannot be made`, {
      cause: error,
      exitCode: EXIT.cannotCreate,
    });
  }
}

/** Words as a shell would split them: quotes keep blanks together. */
function split(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
