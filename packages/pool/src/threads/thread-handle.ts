import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { asError, type Cancel, systemClock } from "@q/kernel";
import type { Piscina } from "piscina";
import { openInspector } from "../debugging/open-inspector.ts";
import { endingThreads, threadStack } from "../debugging/thread-stack.ts";
import { entryUrl } from "../executor/entry-url.ts";
import { JOURNAL_BYTES } from "../journal/journal.ts";
import { SharedArray } from "../journal/shared-array.ts";
import type { ExecutorEvents, ExecutorHandle } from "../remote/executor-handle.ts";
import type { Frame } from "../transfer/frame.ts";
import { postFrame, receivedFrame } from "./port-frames.ts";
import { EXIT, type ThreadMessage, type ThreadTask } from "./thread-task.ts";

/** Milliseconds that a thread has to end by itself before it is terminated, and one that is not up yet. */
const EXIT_MS = 200;
const UNBORN_EXIT_MS = 5000;
/** Milliseconds that messages of a thread which has ended may be on their way. */
const MAX_LATE_MESSAGES_MS = 250;

/** What a {@link ThreadHandle} is made with. */
export interface ThreadHandleParts {
  readonly threads: Promise<Piscina>;
  readonly events: ExecutorEvents;
  readonly pipesOutput: boolean;
}

/**
 * One thread of piscina, taken for good by a task that never returns; the task's abort terminates the thread.
 *
 * That is the last resort, for Node 20 may crash, with all of the program, when it terminates a thread within its own
 * code: one that loads a module, or that has half made a zlib stream. So a thread is asked to exit first, which it does
 * between two callbacks; and one that is not up yet is left to come up.
 */
export class ThreadHandle implements ExecutorHandle {
  readonly pid: number = process.pid;
  readonly memory: SharedArray = SharedArray.allocate(JOURNAL_BYTES);
  threadId = 0;
  readonly #events: ExecutorEvents;
  readonly #end = new AbortController();
  readonly #port: MessagePort;
  #exitCode: number | null = null;
  #isKilled = false;
  #termination: Cancel | undefined;

  constructor({ threads, events, pipesOutput }: ThreadHandleParts) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (message: ThreadMessage) => {
      if (typeof message === "number") void this.#meet(message, threads);
      else events.onFrame(receivedFrame(message));
    });
    void this.#run(threads, { port: port2, memory: this.memory.buffer, pipesOutput });
  }

  async #run(threads: Promise<Piscina>, task: ThreadTask): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#port.once("close", resolve));
    let error: Error | undefined;
    try {
      const piscina = await threads;
      await piscina.run(task, {
        name: "runExecutor",
        filename: fileURLToPath(entryUrl("threads/thread-entry")),
        transferList: [task.port],
        signal: this.#end.signal,
      });
    } catch (thrown) {
      error = asError(thrown);
    }
    this.#termination?.();
    // What the thread has sent before its end comes first; the port closes after that. It never opened in a thread that
    // did not come up.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, MAX_LATE_MESSAGES_MS).unref())]);
    this.#port.close();
    endingThreads.delete(this);
    // Of a plain exit piscina says no more than the code does.
    const isExit = this.#isKilled || /exited with code/.test(error?.message ?? "");
    this.#events.onExit(
      { pid: this.pid, exitCode: this.#exitCode, signal: null },
      isExit ? undefined : error,
    );
  }

  async #meet(threadId: number, threads: Promise<Piscina>): Promise<void> {
    this.threadId = threadId;
    const thread = (await threads).threads.find((worker) => worker.threadId === threadId);
    thread?.once("exit", (code) => (this.#exitCode = code));
  }

  write(frame: Frame): void {
    postFrame(this.#port, frame);
  }

  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    endingThreads.add(this);
    this.#port.postMessage(EXIT);
    const afterMs = this.threadId === 0 ? UNBORN_EXIT_MS : EXIT_MS;
    this.#termination = systemClock.schedule(afterMs, () => this.#end.abort());
  }

  signal(): boolean {
    return false;
  }

  async stack(): Promise<string> {
    if (this.threadId === 0) throw new Error("the thread is starting");
    return threadStack(this.threadId);
  }

  release(): void {}

  /** The inspector of the process: it shows the threads as its workers. */
  async openInspector(host: string, port: number): Promise<string> {
    const url = openInspector(host, port);
    if (url === undefined) throw new Error(`no port from ${port} on is free`);
    return url;
  }
}
