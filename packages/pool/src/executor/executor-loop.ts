import { systemClock } from "@q/kernel";
import type { Outcome } from "../contracts.ts";
import { NotTransferableError } from "../errors.ts";
import { InlineJob } from "../inline/inline-job.ts";
import type { OutputStream } from "../remote/executor-handle.ts";
import { Outbox } from "../remote/outbox.ts";
import type { FromExecutor, JobMessage, ToExecutor } from "../remote/protocol.ts";
import { decodeAsError, encodeError } from "../transfer/encoded-error.ts";
import { decodeFrame, type Frame } from "../transfer/frame.ts";
import type { CreateExecutor, Executor, ExecutorHost } from "./executor.ts";
import type { ExecutorLine, ExecutorPlace } from "./executor-line.ts";
import { WaitingJobs } from "./waiting-jobs.ts";

/**
 * What runs inside every process and thread of a pool: takes jobs from the channel, runs them, sends outcomes back.
 *
 * States: *waiting for init* → *starting* (the executor module is loaded) → *ready* → *stopping* (the jobs here end,
 * then the executor) → the process or thread exits.
 */
export class ExecutorLoop {
  readonly #line: ExecutorLine;
  readonly #place: ExecutorPlace;
  readonly #outbox: Outbox<FromExecutor>;
  readonly #gone = new AbortController();
  readonly #running = new Map<number, InlineJob>();
  readonly #waiting = new WaitingJobs();
  #executor: Executor | undefined;
  #slots = 1;
  #memoryReportMs = 0;
  #memoryReportedAt = 0;
  #isStopping = false;
  #isServing = false;

  constructor(line: ExecutorLine, place: ExecutorPlace) {
    this.#line = line;
    this.#place = place;
    this.#outbox = new Outbox({
      write: (frame) => line.write(frame),
      onNotTransferable: (message, error) => this.#replace(message, error),
    });
  }

  readonly onFrame = (frame: Frame): void => {
    for (const message of decodeFrame(frame) as ToExecutor[]) this.#receive(message);
  };

  /** The pool is gone. Gives the executor a moment to notice, no more. */
  orphaned(): void {
    this.#gone.abort(new Error("the process of the pool is gone"));
    systemClock.schedule(200, () => this.#place.exit(1));
  }

  /** Something was thrown that nobody caught: the pool is told, then the process or thread ends. */
  fatal(error: unknown): void {
    this.#outbox.post(["fatal", encodeError(error)]);
    this.#exit(1);
  }

  /** Sends a line of output to the pool. */
  output(line: string, stream: OutputStream): void {
    this.#outbox.post(["log", line, stream]);
  }

  /** Sends at once what waits for the end of the turn: there will be no such end. */
  flush(): void {
    this.#outbox.flush();
  }

  #receive(message: ToExecutor): void {
    switch (message[0]) {
      case "init":
        return void this.#start(message[1]);
      case "job":
        return this.#take(message);
      case "recall":
        if (this.#waiting.remove(message[1])) this.#outbox.post(["recalled", message[1]]);
        return;
      case "abort":
        return this.#running.get(message[1])?.abort(decodeAsError(message[2]));
      case "ping":
        return this.#outbox.post(["pong", message[1]]);
      case "stop":
        this.#isStopping = true;
        return this.#stopWhenIdle();
    }
  }

  async #start(init: Extract<ToExecutor, readonly ["init", unknown]>[1]): Promise<void> {
    this.#slots = init.tasksPerExecutor;
    this.#memoryReportMs = init.memoryReportMs;
    try {
      const exported = (await import(init.executor.module)) as { createExecutor?: CreateExecutor };
      if (typeof exported.createExecutor !== "function") {
        throw new TypeError(`${init.executor.module} exports no function createExecutor`);
      }
      this.#executor = await exported.createExecutor(init.executor.data, this.#host(init.index));
    } catch (error) {
      this.#outbox.post(["not started", encodeError(error)]);
      return this.#exit(1);
    }
    this.#outbox.post(["ready"]);
    this.#stopWhenIdle();
  }

  #host(index: number): ExecutorHost {
    const { pid, threadId } = this.#place;
    const host: ExecutorHost = {
      index,
      pid,
      threadId,
      signal: this.#gone.signal,
      send: (event) => {
        this.#outbox.post(["event", event]);
        return !this.#line.isCongested;
      },
      log: (line) => this.output(line, "log"),
      drained: () => {
        this.#outbox.flush();
        return this.#line.drained();
      },
    };
    return host;
  }

  #take(job: JobMessage): void {
    if (!job[5]) return this.#begin(job);
    this.#waiting.put(job);
    void this.#serveWaiting();
  }

  #begin([, seq, id, payload, softLimitMs]: JobMessage): void {
    const executor = this.#executor;
    if (executor === undefined) {
      const error = new Error("a job came before its executor was ready");
      return this.#outbox.post(["failed", seq, encodeError(error)]);
    }
    const running = new InlineJob(
      { id, payload, softLimitMs, onAccepted: () => this.#outbox.post(["accepted", seq]) },
      { onOutcome: (_job, outcome) => this.#end(seq, outcome), onOrphanReturned: () => {} },
      () => {},
    );
    this.#running.set(seq, running);
    running.start(executor.execute);
  }

  #end(seq: number, outcome: Outcome): void {
    this.#running.delete(seq);
    this.#reportMemory();
    if (outcome.status === "done") this.#outbox.post(["done", seq, outcome.value]);
    else if (outcome.status === "failed") this.#outbox.post(["failed", seq, encodeError(outcome.error)]);
    if (this.#waiting.size > 0) void this.#serveWaiting();
    this.#stopWhenIdle();
  }

  /**
   * Begins jobs that were sent ahead. The pool must know before they begin, whatever they do to this process: it gives
   * a job that has not begun to another executor when this one dies, and one that has begun must not run twice.
   */
  async #serveWaiting(): Promise<void> {
    if (this.#isServing || this.#running.size >= this.#slots) return;
    this.#isServing = true;
    try {
      while (this.#waiting.size > 0 && this.#running.size < this.#slots) {
        // Leaves the turn, so that jobs that end at once do not keep this process from its sockets.
        await new Promise((resolve) => setImmediate(resolve));
        const wave: JobMessage[] = [];
        for (let free = this.#slots - this.#running.size; free > 0; free--) {
          const job = this.#waiting.take();
          if (job === undefined) break;
          wave.push(job);
          this.#outbox.post(["started", job[1]]);
        }
        this.#outbox.flush();
        if (this.#line.isCongested) await this.#line.drained();
        for (const job of wave) this.#begin(job);
      }
    } finally {
      this.#isServing = false;
    }
    this.#stopWhenIdle();
  }

  #reportMemory(): void {
    const now = systemClock.monotonic();
    if (now - this.#memoryReportedAt < this.#memoryReportMs) return;
    this.#memoryReportedAt = now;
    this.#outbox.post(["memory", this.#place.memoryBytes()]);
  }

  #stopWhenIdle(): void {
    if (!this.#isStopping || this.#executor === undefined) return;
    if (this.#running.size > 0 || this.#waiting.size > 0 || this.#isServing) return;
    const executor = this.#executor;
    this.#executor = undefined;
    this.#gone.abort(new Error("the executor was asked to end"));
    const stopped = Promise.resolve().then(() => executor.stop?.());
    void stopped.then(
      () => this.#exit(0),
      (error: unknown) => this.fatal(error),
    );
  }

  #exit(code: number): void {
    this.#outbox.flush();
    const exit = (): void => this.#place.exit(code);
    void this.#line.drained().then(exit, exit);
    systemClock.schedule(1000, exit);
  }

  /** Stands in for a message that cannot be cloned. */
  #replace(message: FromExecutor, error: Error): void {
    if (message[0] === "done" || message[0] === "failed") {
      const what = `the result of a job cannot leave its executor: ${error.message}`;
      this.#outbox.post([
        "failed",
        message[1],
        encodeError(new NotTransferableError(what, { cause: error })),
      ]);
    } else if (message[0] === "event") {
      this.output(`an event was dropped, for it cannot be cloned: ${error.message}`, "log");
    }
  }
}
