import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { reap } from "./reaper.ts";

export interface ProgramOptions {
  /** Shown in failures. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Looks at one line; anything but `undefined` and `false` ends the wait and is its result. */
export type LineMatch<T> = (line: string) => T | undefined | false;

/**
 * A child process with its output captured line by line, in its own process group.
 *
 * Signals go to the whole group, so launch scripts and forked workers are hit too. Dispose kills
 * with SIGKILL; whatever is left when this process dies is killed by the {@link reap | reaper}.
 */
export class ChildProgram implements AsyncDisposable {
  readonly name: string;
  /** Every line of stdout and stderr so far, in the order of arrival. */
  readonly lines: string[] = [];
  /** Settles when the process has ended and its output is read; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #exit: Exit | undefined;
  #failure: Error | undefined;

  constructor(options: ProgramOptions) {
    const { name, command, args = [], env, cwd } = options;
    this.name = name;
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
    });
    const release = this.#child.pid === undefined ? () => {} : reap(this.#child.pid);
    // A write to a program that has just died is reported by its exit.
    this.#child.stdin?.on("error", () => {});
    const outputs = [this.#child.stdout, this.#child.stderr].map((output) => this.#capture(output));
    this.exited = new Promise((resolve) => {
      const end = async (exit: Exit): Promise<void> => {
        // What it forked may still be running, and would keep the output open.
        this.#signalGroup("SIGKILL");
        await Promise.all(outputs);
        this.#exit = exit;
        release();
        this.#wake();
        resolve(exit);
      };
      this.#child.once("error", (error) => {
        this.#failure = error;
        void end({ code: null, signal: null });
      });
      this.#child.once("exit", (code, signal) => void end({ code, signal }));
    });
  }

  /** @throws when the program could not be started at all. */
  get pid(): number {
    if (this.#child.pid === undefined)
      throw new Error(`${this.name} did not start.`, { cause: this.#failure });
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  /** The last 80 lines of output, for the message of a failure. */
  get tail(): string {
    return this.lines.slice(-80).join("\n");
  }

  /** Writes to the program's stdin. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Sends a signal to the whole process group; SIGSTOP and SIGCONT freeze and thaw it. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (this.isRunning) this.#signalGroup(signal);
  }

  /** Asks with `signal` and waits for the end; after `timeoutMs` it kills and fails. */
  async stop(signal: NodeJS.Signals = "SIGTERM", timeoutMs = 30_000): Promise<Exit> {
    this.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    const exit = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (exit !== undefined) return exit;
    this.kill("SIGKILL");
    throw this.failure(`did not end within ${timeoutMs} ms of ${signal}`);
  }

  /**
   * Waits for an output line, by default counting from the first one; `from` is an index into `lines`.
   *
   * @throws with the log attached, when the time is over or the program ends without such a line.
   */
  async waitFor<T = true>(
    match: RegExp | LineMatch<T>,
    { timeoutMs = 30_000, from = 0 }: { timeoutMs?: number; from?: number } = {},
  ): Promise<T> {
    const look = match instanceof RegExp ? (line: string) => match.test(line) && (true as T) : match;
    let timer: NodeJS.Timeout | undefined;
    let next = from;
    let wake = (): void => {};
    let isLate = false;
    try {
      timer = setTimeout(() => ((isLate = true), wake()), timeoutMs);
      for (;;) {
        for (; next < this.lines.length; next++) {
          const found = look(this.lines[next] ?? "");
          if (found !== undefined && found !== false) return found;
        }
        if (!this.isRunning) throw this.failure(`ended before it wrote the expected line (${String(match)})`);
        if (isLate)
          throw this.failure(`did not write the expected line (${String(match)}) within ${timeoutMs} ms`);
        await new Promise<void>((resolve) => this.#watchers.add((wake = resolve)));
        this.#watchers.delete(wake);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** An error that says what happened, how the program ended, and its last output. */
  failure(what: string): Error {
    const exit = this.#exit;
    const state = exit === undefined ? "still running" : `exit code ${exit.code}, signal ${exit.signal}`;
    return new Error(`${this.name} ${what} (${state}). Last output:\n${this.tail}`, { cause: this.#failure });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.exited;
  }

  async #capture(output: Readable | null): Promise<void> {
    if (output === null) return;
    for await (const line of createInterface({ input: output, crlfDelay: Infinity })) {
      this.lines.push(line);
      this.#wake();
    }
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** For {@link ChildProgram.waitFor}: takes lines that are JSON objects and `accept` them. */
export function jsonLine<T extends object = Record<string, unknown>>(
  accept: (message: T) => boolean = () => true,
): LineMatch<T> {
  return (line) => {
    if (!line.startsWith("{")) return undefined;
    try {
      const message = JSON.parse(line) as T;
      return accept(message) && message;
    } catch {
      return undefined;
    }
  };
}
