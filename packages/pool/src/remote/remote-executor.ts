import { type Cancel, systemClock } from "@q/kernel";
import type { ExecutorIdentity, ExecutorStats, Outcome } from "../contracts.ts";
import { ExecutorStartError, type ExecutorExit, NotTransferableError, WorkerLostError } from "../errors.ts";
import { decodeAsError, decodeError, encodeError } from "../transfer/encoded-error.ts";
import { decodeFrame, type Frame } from "../transfer/frame.ts";
import type { ExecutorEvents, ExecutorHandle, OutputStream, SpawnExecutor } from "./executor-handle.ts";
import { describeExit } from "./exit-status.ts";
import { Outbox } from "./outbox.ts";
import type { FromExecutor, ToExecutor } from "./protocol.ts";
import type { RemoteJob } from "./remote-job.ts";
import type { RemoteSettings } from "./remote-options.ts";

/** Whom an executor reports to. */
export interface ExecutorOwner {
  /** It is ready, or has room for another job. */
  onRoom(executor: RemoteExecutor): void;
  onOutcome(job: RemoteJob, outcome: Outcome): void;
  /** A job that never began is without an executor again. */
  onReturned(job: RemoteJob): void;
  /** It has ended, and every job of it was told of; `error` when nobody asked it to end. */
  onEnded(executor: RemoteExecutor, error: Error | undefined): void;
}

/** What an executor is made with. */
export interface RemoteExecutorParts {
  readonly index: number;
  readonly settings: RemoteSettings;
  readonly spawn: SpawnExecutor;
  readonly owner: ExecutorOwner;
}

/**
 * One process or thread, as its pool sees it.
 *
 * States: *starting* → *ready* → *retiring* (takes no more jobs; ends when those it has are over, or was killed) →
 * *ended*. A kill leads from any state to *ended*, by way of the process's or thread's own exit.
 */
export class RemoteExecutor implements ExecutorEvents, ExecutorIdentity {
  readonly index: number;
  state: ExecutorStats["state"] = "starting";
  readonly #settings: RemoteSettings;
  readonly #owner: ExecutorOwner;
  readonly #handle: ExecutorHandle;
  readonly #outbox: Outbox<ToExecutor>;
  readonly #jobs = new Map<number, RemoteJob>();
  readonly #bornAt = systemClock.monotonic();
  #timer: Cancel | undefined;
  #heardAt = systemClock.monotonic();
  #assigned = 0;
  #completed = 0;
  #memoryBytes = 0;
  #startupMs = 0;
  #fatal: Error | undefined;
  #killedFor: Error | undefined;
  #isStopAsked = false;

  constructor({ index, settings, spawn, owner }: RemoteExecutorParts) {
    this.index = index;
    this.#settings = settings;
    this.#owner = owner;
    this.#handle = spawn(index, this);
    this.#outbox = new Outbox<ToExecutor>({
      write: (frame) => this.#handle.write(frame),
      onNotTransferable: (message, error) => this.#refuse(message, error),
    });
    const { executor, tasksPerExecutor, maxMemoryBytes, startTimeoutMs } = settings;
    const memoryReportMs = maxMemoryBytes > 0 ? 20 : 1000;
    this.#outbox.post(["init", { index, executor, tasksPerExecutor, memoryReportMs }]);
    this.#timer = systemClock.schedule(startTimeoutMs, () =>
      this.kill(new ExecutorStartError(`executor ${index} was not ready within ${startTimeoutMs} ms`)),
    );
  }

  get pid(): number {
    return this.#handle.pid;
  }

  get threadId(): number {
    return this.#handle.threadId;
  }

  /** Jobs here, those sent ahead included. */
  get load(): number {
    return this.#jobs.size;
  }

  /** Jobs handed over so far, and the writes that took them. */
  get writes(): { readonly jobs: number; readonly batches: number } {
    return { jobs: this.#assigned, batches: this.#outbox.frames };
  }

  get hasWorked(): boolean {
    return this.#assigned > 0;
  }

  /** Jobs that it could begin at once; negative while jobs wait here, `-Infinity` when it takes none any more. */
  get room(): number {
    const { maxTasksPerExecutor, tasksPerExecutor } = this.#settings;
    if (this.state !== "ready") return -Infinity;
    if (maxTasksPerExecutor > 0 && this.#assigned >= maxTasksPerExecutor) return -Infinity;
    return tasksPerExecutor - this.#jobs.size;
  }

  /** Jobs that were asked back and have not come yet. */
  get recalls(): number {
    return [...this.#jobs.values()].filter((job) => job.isRecalled && !job.hasStarted).length;
  }

  /** The last job that was sent here and has not begun. */
  get lastUnstarted(): RemoteJob | undefined {
    return [...this.#jobs.values()].findLast((job) => !job.hasStarted && !job.isRecalled);
  }

  assign(job: RemoteJob): void {
    const isAhead = this.#jobs.size >= this.#settings.tasksPerExecutor;
    this.#assigned++;
    this.#jobs.set(job.seq, job);
    const { id, payload, softLimitMs = 0 } = job.job;
    this.#outbox.post(["job", job.seq, id, payload, softLimitMs, isAhead]);
    if (!isAhead) this.#begin(job);
  }

  /** Asks for a job that has not begun. */
  recall(job: RemoteJob): void {
    job.isRecalled = true;
    this.#outbox.post(["recall", job.seq]);
  }

  has(job: RemoteJob): boolean {
    return this.#jobs.has(job.seq);
  }

  /** Aborts the signal of one job. */
  abort(job: RemoteJob, reason: Error): void {
    this.#outbox.post(["abort", job.seq, encodeError(reason)]);
  }

  /** Takes no more jobs, and ends when those it has are over. */
  retire(): void {
    if (this.state === "starting")
      return this.kill(new WorkerLostError("the executor is not needed any more"));
    if (this.state !== "ready") return;
    this.state = "retiring";
    for (const job of this.#jobs.values()) if (!job.hasStarted) this.recall(job);
    this.#stopWhenIdle();
  }

  /** Ends the process or thread at once; `reason` becomes that of every job that it was running. */
  kill(reason: Error): void {
    if (this.state === "ended") return;
    this.#killedFor ??= reason;
    if (this.state === "ready") this.state = "retiring";
    this.#handle.kill();
  }

  signal(signal: NodeJS.Signals): boolean {
    return this.state !== "ended" && this.#handle.signal(signal);
  }

  /** See {@link ExecutorHandle.stack}. */
  stack(): Promise<string> {
    return this.#handle.stack();
  }

  /** See {@link ExecutorHandle.openInspector}. */
  openInspector(host: string, port: number): Promise<string> {
    return this.#handle.openInspector(host, port);
  }

  stats(): ExecutorStats {
    return {
      index: this.index,
      pid: this.pid,
      threadId: this.threadId,
      state: this.state,
      running: this.#jobs.size,
      completed: this.#completed,
      memoryBytes: this.#memoryBytes,
      startupMs: this.#startupMs,
    };
  }

  onFrame(frame: Frame): void {
    this.#heardAt = systemClock.monotonic();
    for (const message of decodeFrame(frame) as FromExecutor[]) this.#receive(message);
  }

  onOutput(line: string, stream: OutputStream): void {
    const { index, pid, threadId } = this;
    this.#settings.onLog?.({ index, pid, threadId, line, stream });
  }

  onExit(exit: ExecutorExit, error?: Error): void {
    if (this.state === "ended") return;
    const wasStarting = this.state === "starting";
    const isPlanned = this.#isStopAsked && exit.exitCode === 0;
    this.state = "ended";
    this.#timer?.();
    const cause = this.#fatal ?? error;
    for (const job of this.#takeJobs()) {
      if (!job.hasStarted) this.#owner.onReturned(job);
      else this.#owner.onOutcome(job, { status: "lost", reason: this.#lossOf(job, exit, cause) });
    }
    const ending = this.#killedFor ?? new WorkerLostError(describeExit(exit, cause), { exit, cause });
    if (isPlanned) return this.#owner.onEnded(this, undefined);
    this.#owner.onEnded(this, wasStarting ? this.#startError(ending) : ending);
  }

  #lossOf(job: RemoteJob, exit: ExecutorExit, cause: Error | undefined): Error {
    if (job.terminated) return job.terminated;
    if (this.#killedFor) return this.#killedFor;
    return new WorkerLostError(`${describeExit(exit, cause)} Job: ${job.id}.`, { exit, cause });
  }

  #startError(ending: Error): Error {
    if (ending instanceof ExecutorStartError) return ending;
    const text = `executor ${this.index} could not be started: ${(this.#fatal ?? ending).message}`;
    return new ExecutorStartError(text, { cause: this.#fatal ?? ending });
  }

  #takeJobs(): RemoteJob[] {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    return jobs;
  }

  #receive(message: FromExecutor): void {
    switch (message[0]) {
      case "ready":
        return this.#becomeReady();
      case "not started":
      case "fatal":
        this.#fatal = decodeAsError(message[1]);
        if (this.state === "ready") this.state = "retiring";
        return;
      case "done":
        return this.#end(message[1], { status: "done", value: message[2] });
      case "failed":
        return this.#end(message[1], { status: "failed", error: decodeError(message[2]) });
      case "started":
        return this.#onStarted(message[1]);
      case "accepted":
        return this.#jobs.get(message[1])?.job.onAccepted?.(this);
      case "recalled":
        return this.#onRecalled(message[1]);
      case "event":
        return this.#settings.onEvent?.(message[1], this);
      case "log":
        return this.onOutput(message[1], message[2]);
      case "memory":
        return this.#onMemory(message[1]);
      case "pong":
        return;
    }
  }

  #becomeReady(): void {
    if (this.state !== "starting") return;
    this.#timer?.();
    this.#timer = undefined;
    this.state = "ready";
    this.#startupMs = systemClock.monotonic() - this.#bornAt;
    if (this.#settings.unresponsiveAfterMs > 0) this.#watch();
    this.#settings.onExecutorUp?.(this);
    this.#owner.onRoom(this);
  }

  #begin(job: RemoteJob): void {
    job.hasStarted = true;
    const limitMs = job.job.hardLimitMs ?? 0;
    if (limitMs > 0) job.schedule(limitMs, () => this.#timeOut(job, limitMs));
  }

  #onStarted(seq: number): void {
    const job = this.#jobs.get(seq);
    if (!job) return;
    this.#begin(job);
    if (job.terminated) this.kill(job.terminated);
  }

  #onRecalled(seq: number): void {
    const job = this.#jobs.get(seq);
    if (!job) return;
    this.#jobs.delete(seq);
    this.#assigned--;
    job.giveBack();
    if (job.terminated) this.#owner.onOutcome(job, { status: "lost", reason: job.terminated });
    else this.#owner.onReturned(job);
    this.#stopWhenIdle();
  }

  #onMemory(bytes: number): void {
    this.#memoryBytes = bytes;
    const { maxMemoryBytes } = this.#settings;
    if (maxMemoryBytes > 0 && bytes > maxMemoryBytes) this.retire();
  }

  #end(seq: number, outcome: Outcome): void {
    const job = this.#jobs.get(seq);
    // A job that is over already, from its hard limit for instance.
    if (!job) return;
    this.#jobs.delete(seq);
    this.#completed++;
    this.#owner.onOutcome(job, job.terminated ? { status: "lost", reason: job.terminated } : outcome);
    this.#stopWhenIdle();
    if (this.room > 0) this.#owner.onRoom(this);
  }

  #timeOut(job: RemoteJob, limitMs: number): void {
    this.#jobs.delete(job.seq);
    this.kill(
      new WorkerLostError(
        `executor ${this.index} was killed: its job ${job.id} exceeded its time limit of ${limitMs} ms`,
      ),
    );
    this.#owner.onOutcome(job, { status: "timed out", limitMs, orphaned: false });
  }

  #refuse(message: ToExecutor, error: Error): void {
    if (message[0] === "init") {
      this.#fatal = new NotTransferableError(
        `the data of the executor cannot be sent to it: ${error.message}`,
      );
      return this.#handle.kill();
    }
    if (message[0] !== "job") return;
    const text = `the payload of job ${message[2]} cannot be sent to an executor: ${error.message}`;
    this.#end(message[1], { status: "failed", error: new NotTransferableError(text, { cause: error }) });
  }

  #stopWhenIdle(): void {
    const { maxTasksPerExecutor, stopTimeoutMs } = this.#settings;
    if (this.#jobs.size > 0 || this.#isStopAsked) return;
    const isUsedUp = maxTasksPerExecutor > 0 && this.#assigned >= maxTasksPerExecutor;
    if (this.state === "ready" && isUsedUp) this.state = "retiring";
    if (this.state !== "retiring") return;
    this.#isStopAsked = true;
    this.#outbox.post(["stop"]);
    this.#timer?.();
    this.#timer = systemClock.schedule(stopTimeoutMs, () =>
      this.kill(
        new WorkerLostError(`executor ${this.index} did not end within ${stopTimeoutMs} ms and was killed`),
      ),
    );
  }

  #watch(): void {
    const limitMs = this.#settings.unresponsiveAfterMs;
    let pings = 0;
    const look = (): void => {
      const silentMs = systemClock.monotonic() - this.#heardAt;
      if (silentMs > limitMs) {
        const text = `executor ${this.index} gave no sign of life for ${limitMs} ms and was killed`;
        return this.kill(new WorkerLostError(text));
      }
      this.#outbox.post(["ping", pings++]);
      this.#timer = systemClock.schedule(limitMs / 3, look);
    };
    look();
  }
}
