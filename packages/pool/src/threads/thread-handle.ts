import inspector from "node:inspector";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { asError } from "@q/kernel";
import type { Piscina } from "piscina";
import { threadStack } from "../debugging/thread-stack.ts";
import { entryUrl } from "../executor/entry-url.ts";
import type { ExecutorEvents, ExecutorHandle } from "../remote/executor-handle.ts";
import type { Frame } from "../transfer/frame.ts";
import { postFrame, receivedFrame } from "./port-frames.ts";
import type { ThreadMessage, ThreadTask } from "./thread-task.ts";

/** What a {@link ThreadHandle} is made with. */
export interface ThreadHandleParts {
  readonly threads: Promise<Piscina>;
  readonly events: ExecutorEvents;
  readonly pipesOutput: boolean;
}

/** One thread of piscina, taken for good by a task that never returns; the task's abort ends the thread. */
export class ThreadHandle implements ExecutorHandle {
  readonly pid: number = process.pid;
  threadId = 0;
  readonly #events: ExecutorEvents;
  readonly #end = new AbortController();
  readonly #port: MessagePort;
  #exitCode: number | null = null;
  #isKilled = false;

  constructor({ threads, events, pipesOutput }: ThreadHandleParts) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (message: ThreadMessage) => {
      if (typeof message === "number") void this.#meet(message, threads);
      else events.onFrame(receivedFrame(message));
    });
    void this.#run(threads, { port: port2, pipesOutput });
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
    // What the thread has sent before its end comes first; the port closes after that. It never opened in a thread that
    // did not come up.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, MAX_LATE_MESSAGES_MS).unref())]);
    this.#port.close();
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
    this.#isKilled = true;
    this.#end.abort();
  }

  signal(): boolean {
    return false;
  }

  stack(): Promise<string> {
    return threadStack(this.threadId);
  }

  /** The inspector of the process: it shows the threads as its workers. */
  async openInspector(host: string, port: number): Promise<string> {
    if (inspector.url() === undefined) inspector.open(port, host);
    return inspector.url() ?? "";
  }
}

const MAX_LATE_MESSAGES_MS = 250;
