import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { entryUrl } from "../executor/entry-url.ts";
import { JOURNAL_BYTES } from "../journal/journal.ts";
import { SharedFile } from "../journal/shared-file.ts";
import type { ExecutorEvents, ExecutorHandle, OutputStream } from "../remote/executor-handle.ts";
import type { Frame } from "../transfer/frame.ts";
import { FrameSocket } from "./frame-socket.ts";
import { LineSplitter } from "./line-splitter.ts";
import { WatchdogLine } from "./watchdog-line.ts";
import { CHANNEL_FD, WATCHDOG_FD, type WatchdogQuestion } from "./watchdog-protocol.ts";

/** Milliseconds that output of a process which has ended may be on its way. */
const MAX_LATE_OUTPUT_MS = 250;

/** How child processes are started. */
export interface ProcessOptions {
  /** Arguments of Node itself. Default those of the calling process, without its inspector's. */
  readonly execArgv?: readonly string[];
  /** Environment. Default that of the calling process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Title of each process, for `ps`; `%i` becomes its index. Default: none is set. */
  readonly title?: string;
}

/** One child process. Its output goes to this process's own unless someone listens to lines. */
export class ProcessHandle implements ExecutorHandle {
  readonly threadId = 0;
  readonly memory: SharedFile = SharedFile.allocate(JOURNAL_BYTES);
  readonly #child: ChildProcess;
  readonly #channel: FrameSocket | undefined;
  readonly #watchdog: WatchdogLine | undefined;
  #isOver = false;
  /** What Node says when it gives up, for the reason of the loss. */
  #lastWords: string | undefined;

  constructor(
    options: ProcessOptions & { readonly pipesOutput: boolean; readonly index: number },
    events: ExecutorEvents,
  ) {
    const output = options.pipesOutput ? "pipe" : "inherit";
    const title = options.title?.replaceAll("%i", String(options.index)) ?? "";
    const entry = fileURLToPath(entryUrl("processes/process-entry"));
    this.#child = spawn(
      process.execPath,
      [...(options.execArgv ?? inheritedExecArgv()), entry, String(process.pid), title],
      {
        stdio: ["ignore", output, output, "pipe", "pipe", this.memory.fd],
        env: options.env ?? process.env,
        windowsHide: true,
      },
    );
    const socket = this.#child.stdio[CHANNEL_FD] as Socket | null | undefined;
    // A channel that breaks is told by the end of the process, or ends it.
    socket?.on("error", () => this.kill());
    if (socket) this.#channel = new FrameSocket(socket, (frame) => events.onFrame(frame));
    const watchdog = this.#child.stdio[WATCHDOG_FD] as Socket | null | undefined;
    if (watchdog) this.#watchdog = new WatchdogLine(watchdog);
    this.#readLines("stdout", events);
    this.#readLines("stderr", events);
    this.#awaitEnd(events);
  }

  /** 0 when the process could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  write(frame: Frame): void {
    this.#channel?.write(frame);
  }

  kill(): void {
    if (!this.#isOver) this.#child.kill("SIGKILL");
  }

  signal(signal: NodeJS.Signals): boolean {
    return !this.#isOver && this.#child.kill(signal);
  }

  stack(): Promise<string> {
    return this.#ask({ ask: "stack" });
  }

  openInspector(host: string, port: number): Promise<string> {
    return this.#ask({ ask: "inspect", host, port });
  }

  release(): void {
    this.memory.close();
  }

  #ask(question: WatchdogQuestion): Promise<string> {
    return this.#watchdog?.ask(question) ?? Promise.reject(new Error("the process could not be started"));
  }

  #readLines(stream: OutputStream & ("stdout" | "stderr"), events: ExecutorEvents): void {
    const splitter = new LineSplitter((line) => {
      if (line.startsWith("FATAL ERROR:")) this.#lastWords = line;
      events.onOutput(line, stream);
    });
    this.#child[stream]?.on("data", (chunk: Buffer) => splitter.push(chunk));
    this.#child[stream]?.on("end", () => splitter.end());
  }

  #awaitEnd(events: ExecutorEvents): void {
    const end = (exitCode: number | null, signal: NodeJS.Signals | null, error?: Error): void => {
      if (this.#isOver) return;
      this.#isOver = true;
      const cause = error ?? (this.#lastWords === undefined ? undefined : new Error(this.#lastWords));
      events.onExit({ pid: this.pid, exitCode, signal }, cause);
    };
    this.#child.on("error", (error) => {
      if (this.#child.pid === undefined) end(null, null, error);
    });
    // `close`, not `exit`: outcomes may be in the channel still. But a grandchild may hold the output open for ever.
    this.#child.on("close", (code, signal) => end(code, signal));
    this.#child.on("exit", (code, signal) => {
      setTimeout(() => end(code, signal), MAX_LATE_OUTPUT_MS).unref();
    });
  }
}

/** Two processes cannot listen on one inspector port. */
function inheritedExecArgv(): readonly string[] {
  return process.execArgv.filter((arg) => !arg.startsWith("--inspect"));
}
