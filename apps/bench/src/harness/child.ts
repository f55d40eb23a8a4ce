import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { venvPython, pythonPath } from "../services/python.ts";
import type { ChildLine, DoneLine } from "./child-protocol.ts";
import type { BenchContext } from "./context.ts";

const timeoutsMs = { ready: 120_000, done: 300_000 };
const running = new Set<Child>();

/** Kills every process that is still running; for an interrupted bench. */
export function killChildren(): void {
  for (const child of running) child.kill();
}

/** One process of a contender. */
export interface Child {
  readonly pid: number;
  /** Resolves when the process has said `ready`. */
  ready(): Promise<void>;
  /** Lets the process start its measured part. */
  go(): void;
  /** Resolves with the measurement. */
  done(): Promise<DoneLine>;
  /** Ends the process and its own children. */
  kill(): void;
}

/**
 * Starts a contender's file: `.py` with the Celery venv, anything else with this Node.
 * @throws when the process ends before the awaited line, or the line takes more than 120 s (ready) or 300 s (done).
 */
export function startChild(file: string, context: BenchContext): Child {
  const isPython = file.endsWith(".py");
  const command = isPython ? venvPython : process.execPath;
  const process_ = spawn(command, [file], {
    // Own process group: prefork children must die with their parent.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      PYTHONPATH: pythonPath,
      Q_BENCH_CONTEXT: JSON.stringify(context),
    },
  });
  return watch(process_, file);
}

function watch(process_: ChildProcess, file: string): Child {
  const stderr = tail(process_);
  const lines = listen(process_, (reason) => new Error(`${file} ${reason}. Its last words:\n${stderr()}`));
  const child: Child = {
    pid: process_.pid ?? 0,
    ready: async () => void (await lines.first("ready")),
    go: () => void process_.stdin?.write("go\n"),
    done: async () => (await lines.first("done")) as DoneLine,
    kill: () => {
      running.delete(child);
      if (process_.pid !== undefined) killGroup(process_.pid);
    },
  };
  running.add(child);
  return child;
}

interface Lines {
  first(kind: "ready" | "done"): Promise<ChildLine>;
}

function listen(process_: ChildProcess, failure: (reason: string) => Error): Lines {
  const seen: ChildLine[] = [];
  let ended: Error | undefined;
  let notify: () => void = () => {};
  const input = createInterface({ input: process_.stdout! });
  input.on("line", (line) => {
    if (!line.startsWith('{"')) return;
    seen.push(JSON.parse(line) as ChildLine);
    notify();
  });
  // "close" and not "exit": the last line may arrive after the exit.
  process_.on("close", (code) => {
    ended = failure(`ended with ${code}`);
    notify();
  });
  process_.stdin?.on("error", () => {});
  return {
    async first(kind) {
      const timer = setTimeout(() => {
        ended = failure(`said no "${kind}" for ${timeoutsMs[kind] / 1000} s`);
        notify();
      }, timeoutsMs[kind]);
      try {
        for (;;) {
          const line = seen.find((candidate) => kind in candidate);
          if (line !== undefined) return line;
          if (ended !== undefined) throw ended;
          await new Promise<void>((resolve) => (notify = resolve));
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function tail(process_: ChildProcess): () => string {
  let text = "";
  process_.stderr?.on("data", (chunk: Buffer) => (text = (text + chunk.toString()).slice(-4000)));
  return () => text;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
