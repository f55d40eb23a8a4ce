import { systemClock, TransitMap } from "@q/kernel";
import type { Outcome } from "../contracts.ts";
import { NotTransferableError } from "../errors.ts";
import { InlineJob } from "../inline/inline-job.ts";
import { JournalWriter } from "../journal/journal.ts";
import type { OutputStream } from "../remote/executor-handle.ts";
import { Outbox } from "../remote/outbox.ts";
import type { ExecutorInit, FromExecutor, JobMessage, ToExecutor } from "../remote/protocol.ts";
import { decodeAsError, encodeError } from "../transfer/encoded-error.ts";
import { decodeFrame, forgetContent, type Frame } from "../transfer/frame.ts";
import type { CreateExecutor, Executor, ExecutorHost } from "./executor.ts";
import type { ExecutorChannel, ExecutorPlace } from "./executor-channel.ts";

/** Milliseconds for which jobs begin one after the other before the event loop has its turn. */
const TURN_MS = 1;
/** Milliseconds that what is said of jobs may wait for more of it, while there is a next job. */
const MAX_WAIT_MS = 1;
/** Milliseconds after the start, and after a look at which there were jobs, before garbage is collected. */
const COLLECT_AFTER_MS = 500;

/**
 * What runs inside every process and thread of a pool: takes jobs from the channel, runs them, sends outcomes back.
 *
 * Short jobs run several in a turn, and their outcomes travel together. Before a job begins, whatever it will do to this
 * process, all that was said of others is sent or in the journal, and that it begins is.
 *
 * States: *waiting for init* → *starting* (the executor module is loaded) → *ready* → *stopping* (the jobs here end,
 * then the executor) → the process or thread exits.
 */
export class ExecutorLoop {
  readonly #channel: ExecutorChannel;
  readonly #place: ExecutorPlace;
  readonly #outbox: Outbox<FromExecutor>;
  readonly #gone = new AbortController();
  readonly #running = new TransitMap<number, InlineJob>();
  readonly #journal: JournalWriter;
  readonly #waiting: JobMessage[] = [];
  #executor: Executor | undefined;
  #slots = 1;
  #memoryReportMs = 0;
  #memoryReportedAt = 0;
  #isStopping = false;
  #isServing = false;
  #turnEndsAt: number | undefined;

  constructor(channel: ExecutorChannel, place: ExecutorPlace) {
    this.#channel = channel;
    this.#place = place;
    this.#journal = new JournalWriter(place.memory);
    this.#outbox = new Outbox({
      write: (frame) => channel.write(frame),
      onNotTransferable: (message, error) => this.#replace(message, error),
    });
  }

  onFrame(frame: Frame): void {
    for (const message of decodeFrame(frame) as ToExecutor[]) this.#receive(message);
    this.#serve();
  }

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
        return void this.#waiting.push(message);
      case "abort":
        return this.#running.get(message[1])?.abort(decodeAsError(message[2]));
      case "ping":
        return this.#outbox.post(["pong"]);
      case "stop":
        this.#isStopping = true;
        return this.#stopWhenIdle();
    }
  }

  async #start(init: ExecutorInit): Promise<void> {
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
    this.#collectWhenIdle();
    this.#stopWhenIdle();
  }

  #host(index: number): ExecutorHost {
    const { pid, threadId } = this.#place;
    return {
      index,
      pid,
      threadId,
      signal: this.#gone.signal,
      send: (event) => {
        this.#outbox.post(["event", event]);
        return !this.#channel.isCongested;
      },
      log: (line) => this.output(line, "log"),
      drained: () => {
        this.#outbox.flush();
        return this.#channel.drained();
      },
    };
  }

  /** Begins jobs that wait while there are slots, for a moment at most. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#waiting.length > 0 && this.#running.size < this.#slots && !this.#isTurnOver()) {
      this.#outbox.secure((head, frame) => this.#journal.save(head, frame));
      if (this.#channel.isCongested) {
        void this.#channel.drained().then(() => this.#serve());
        break;
      }
      this.#begin(this.#waiting.shift() as JobMessage);
    }
    this.#isServing = false;
    this.#stopWhenIdle();
  }

  /** Sockets and timers have their turn after a while, however short jobs are. */
  #isTurnOver(): boolean {
    const now = systemClock.monotonic();
    if (this.#turnEndsAt === undefined) {
      this.#turnEndsAt = now + TURN_MS;
      setImmediate(() => {
        this.#turnEndsAt = undefined;
        this.#serve();
      });
    }
    return now >= this.#turnEndsAt;
  }

  #begin(message: JobMessage): void {
    const [, job, id, payload, softLimitMs] = message;
    forgetContent(message);
    const executor = this.#executor;
    if (executor === undefined) {
      const error = new Error("a job came before its executor was ready");
      return this.#outbox.post(["failed", job, encodeError(error)]);
    }
    if (!this.#journal.begin(job)) return this.#outbox.post(["returned", job]);
    let isAccepted = false;
    const onAccepted = (): void => {
      isAccepted = true;
      this.#journal.accept(job);
      this.#say(["accepted", job]);
    };
    const running = new InlineJob(
      { id, payload, softLimitMs, onAccepted },
      { onOutcome: (_job, outcome) => this.#end(job, outcome), onOrphanReturned: () => {} },
      () => {},
    );
    this.#running.set(job, running);
    running.start(executor.execute);
    if (!isAccepted && this.#running.has(job)) this.#say(["started", job]);
  }

  #end(job: number, outcome: Outcome): void {
    this.#running.delete(job);
    this.#reportMemory();
    if (outcome.status === "done") this.#say(["done", job, outcome.value]);
    else if (outcome.status === "failed") this.#say(["failed", job, encodeError(outcome.error)]);
    this.#serve();
  }

  /** Says something of a job: at once when nothing else is to be done here. */
  #say(message: FromExecutor): void {
    if (this.#waiting.length > 0) this.#outbox.postWithin(message, MAX_WAIT_MS);
    else this.#outbox.post(message);
  }

  #reportMemory(): void {
    const now = systemClock.monotonic();
    if (now - this.#memoryReportedAt < this.#memoryReportMs) return;
    this.#memoryReportedAt = now;
    this.#say(["memory", this.#place.memoryBytes()]);
  }

  #stopWhenIdle(): void {
    if (!this.#isStopping || this.#executor === undefined) return;
    if (this.#running.size > 0 || this.#waiting.length > 0 || this.#isServing) return;
    const executor = this.#executor;
    this.#executor = undefined;
    this.#gone.abort(new Error("the executor was asked to end"));
    const stopped = Promise.resolve().then(() => executor.stop?.());
    void stopped.then(
      () => this.#exit(0),
      (error: unknown) => this.fatal(error),
    );
  }

  /** Once: what the start has left behind, as soon as no job has to wait for that. */
  #collectWhenIdle(): void {
    systemClock.schedule(COLLECT_AFTER_MS, () => {
      if (this.#running.size > 0 || this.#waiting.length > 0) this.#collectWhenIdle();
      else this.#place.collectGarbage?.();
    });
  }

  #exit(code: number): void {
    this.#outbox.flush();
    const exit = (): void => this.#place.exit(code);
    void this.#channel.drained().then(exit, exit);
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
