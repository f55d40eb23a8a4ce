import { type Cancel, systemClock } from "@q/kernel";
import type { ExecutorIdentity, ExecutorStats, Outcome } from "../contracts.ts";
import { ExecutorStartError, type ExecutorExit, NotTransferableError, WorkerLostError } from "../errors.ts";
import { decodeAsError, decodeError, encodeError } from "../transfer/encoded-error.ts";
import { forgetContent, type Frame } from "../transfer/frame.ts";
import { JournalReader } from "../journal/journal.ts";
import type { ExecutorEvents, ExecutorHandle, OutputStream, SpawnExecutor } from "./executor-handle.ts";
import { describeExit, killed, lossOf, startError } from "./exit-status.ts";
import { GivenJobs } from "./given-jobs.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { watchPulse } from "./pulse.ts";
import type { FromExecutor, ToExecutor } from "./protocol.ts";
import { excessOfMemory, hasItsJobs } from "./recycling.ts";
import type { RemoteJob } from "./remote-job.ts";
import type { RemoteSettings } from "./remote-options.ts";
import { SilenceWatch } from "./silence-watch.ts";

/** Whom an executor reports to. */
export interface ExecutorOwner {
  /** It is ready, or has room for another job. */
  onRoom(executor: RemoteExecutor): void;
  onOutcome(job: RemoteJob, outcome: Outcome): void;
  /** Jobs that never began are without an executor again. */
  onReturned(jobs: readonly RemoteJob[]): void;
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
  readonly handle: ExecutorHandle;
  readonly #outbox: Outbox<ToExecutor>;
  readonly #journal: JournalReader;
  readonly #inbox: Inbox;
  readonly #jobs: GivenJobs;
  readonly #pace: Pace;
  readonly #silence: SilenceWatch;
  readonly #bornAt = systemClock.monotonic();
  #timer: Cancel | undefined;
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
    this.handle = spawn(index, this);
    this.#journal = new JournalReader(this.handle.memory);
    this.#pace = new Pace(settings.sendAhead);
    this.#inbox = new Inbox(this.#journal);
    this.#jobs = new GivenJobs(this.#journal, (job) => this.#onBegun(job));
    this.#silence = new SilenceWatch({ jobs: this.#jobs, onSilence: () => this.#onSilence() });
    this.#outbox = new Outbox<ToExecutor>({
      write: (frame) => this.handle.write(frame),
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
    return this.handle.pid;
  }

  get threadId(): number {
    return this.handle.threadId;
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

  /** Jobs that it can be given now; what exceeds {@link vacancies} is to wait there. */
  get room(): number {
    if (this.state !== "ready" || this.#isUsedUp) return 0;
    const { maxTasksPerExecutor } = this.#settings;
    const room = this.#jobs.isBehind ? this.vacancies : this.#pace.room(this.vacancies);
    return maxTasksPerExecutor > 0 ? Math.min(room, maxTasksPerExecutor - this.#assigned) : room;
  }

  /** Jobs that it could begin at once. Negative when some wait there. */
  get vacancies(): number {
    return this.#settings.tasksPerExecutor - this.#jobs.size;
  }

  assign(job: RemoteJob): void {
    if (this.#jobs.size === 0) this.#silence.heard(this.#pace.begin());
    this.#assigned++;
    this.#jobs.give(job);
    const { id, payload, softLimitMs = 0 } = job.job;
    this.#outbox.post(["job", job.number, id, payload, softLimitMs]);
    if (this.vacancies >= 0) this.#limit(job);
    this.#silence.watch();
  }

  has(job: RemoteJob): boolean {
    return this.#jobs.has(job);
  }

  hasBegun(job: RemoteJob): boolean {
    return this.#jobs.hasBegun(job);
  }

  /** Gives back what has not begun. */
  callBack(): void {
    const back = this.#jobs.callBack();
    this.#assigned -= back.length;
    if (back.length > 0) this.#owner.onReturned(back);
  }

  /** Aborts the signal of one job. */
  abort(job: RemoteJob, reason: Error): void {
    this.#outbox.post(["abort", job.number, encodeError(reason)]);
  }

  /** Takes no more jobs, and ends when those it has are over. */
  retire(): void {
    if (this.state === "starting")
      return this.kill(new WorkerLostError("the executor is not needed any more"));
    if (this.state !== "ready") return;
    this.state = "retiring";
    this.callBack();
    this.#stopWhenIdle();
  }

  /** Ends the process or thread; `reason` becomes that of every job that it was running. */
  kill(reason: Error): void {
    if (this.state === "ended") return;
    this.#killedFor ??= reason;
    if (this.state === "ready") this.state = "retiring";
    // Before a thread gets to its end it might begin them.
    this.callBack();
    this.handle.kill();
  }

  signal(signal: NodeJS.Signals): boolean {
    return this.state !== "ended" && this.handle.signal(signal);
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
    this.#silence.heard();
    this.#receive(this.#inbox.take(frame));
  }

  onOutput(line: string, stream: OutputStream): void {
    this.#settings.onLog?.({ index: this.index, pid: this.pid, threadId: this.threadId, line, stream });
  }

  onExit(exit: ExecutorExit, error?: Error): void {
    if (this.state === "ended") return;
    const wasStarting = this.state === "starting";
    const isPlanned = this.#isStopAsked && exit.exitCode === 0;
    this.state = "ended";
    this.#timer?.();
    this.#silence.stop();
    const cause = this.#fatal ?? error;
    this.#readJournal();
    this.handle.release();
    const { begun, unbegun } = this.#jobs.clear();
    const [next] = unbegun;
    if (begun.length === 0 && next) next.deaths++;
    this.#owner.onReturned(unbegun);
    for (const job of begun)
      this.#owner.onOutcome(job, {
        status: "lost",
        reason: job.terminated ?? this.#killedFor ?? lossOf(job.id, exit, cause),
      });
    const ending = this.#killedFor ?? new WorkerLostError(describeExit(exit, cause), { exit, cause });
    if (isPlanned) return this.#owner.onEnded(this, undefined);
    this.#owner.onEnded(this, wasStarting ? startError(this.index, ending, this.#fatal) : ending);
  }

  #receive(messages: readonly FromExecutor[]): void {
    const completed = this.#completed;
    for (const message of messages) this.#hear(message);
    messages.forEach(forgetContent);
    this.#pace.ended(this.#completed - completed);
    // Those whose turn it is now, also when the executor never gets as far as beginning them.
    if (this.#completed > completed)
      for (const job of this.#jobs.first(this.#settings.tasksPerExecutor)) this.#limit(job);
    this.#stopWhenIdle();
    if (this.room > 0) this.#owner.onRoom(this);
  }

  #hear(message: FromExecutor): void {
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
        this.#jobs.noteBegun(message[1]);
        return this.#jobs.get(message[1])?.accept(this);
      case "returned":
        return this.#onReturned(message[1]);
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
    const { unresponsiveAfterMs } = this.#settings;
    if (unresponsiveAfterMs > 0) this.#watch(unresponsiveAfterMs);
    this.#settings.onExecutorUp?.(this);
    this.#owner.onRoom(this);
  }

  #onBegun(job: RemoteJob): void {
    this.#limit(job);
    if (job.terminated) this.kill(job.terminated);
  }

  #limit(job: RemoteJob): void {
    job.limit((limitMs) => this.#timeOut(job, limitMs));
  }

  #onStarted(number: number): void {
    this.#jobs.noteBegun(number);
    const job = this.#jobs.get(number);
    if (job) job.isHeard = true;
  }

  #onReturned(number: number): void {
    const job = this.#jobs.returned(number);
    if (job === undefined) return;
    this.#assigned--;
    this.#owner.onReturned([job]);
  }

  /** The journal tells what the executor cannot; jobs behind the one that keeps it from that are better off elsewhere. */
  #onSilence(): void {
    this.#readJournal();
    this.#pace.stopped();
    if (this.vacancies < 0) this.callBack();
  }

  #readJournal(): void {
    this.#receive(this.#inbox.foresee());
    this.#jobs.noteBegun(this.#journal.begun);
    this.#jobs.get(this.#journal.accepted)?.accept(this);
  }

  #onMemory(bytes: number): void {
    this.#memoryBytes = bytes;
    const why = excessOfMemory(this.#settings, bytes);
    if (why === undefined) return;
    if (this.state === "ready") this.#settings.onRecycling?.(this, why);
    this.retire();
  }

  #end(number: number, outcome: Outcome): void {
    const job = this.#jobs.end(number);
    // A job that is over already, from its hard limit for instance.
    if (!job) return;
    this.#completed++;
    this.#jobs.noteBegun(number);
    this.#owner.onOutcome(job, job.terminated ? { status: "lost", reason: job.terminated } : outcome);
  }

  #timeOut(job: RemoteJob, limitMs: number): void {
    this.#jobs.end(job.number);
    this.kill(killed(this.index, `its job ${job.id} exceeded its time limit of ${limitMs} ms`));
    this.#owner.onOutcome(job, { status: "timed out", limitMs, orphaned: false });
  }

  #refuse(message: ToExecutor, error: Error): void {
    if (message[0] === "init") {
      this.#fatal = new NotTransferableError(
        `the data of the executor cannot be sent to it: ${error.message}`,
      );
      return this.handle.kill();
    }
    if (message[0] !== "job") return;
    const job = this.#jobs.returned(message[1]);
    if (job === undefined) return;
    const text = `the payload of job ${message[2]} cannot be sent to an executor: ${error.message}`;
    const refused = new NotTransferableError(text, { cause: error });
    this.#owner.onOutcome(job, { status: "failed", error: refused });
    this.#receive([]);
  }

  /** It takes no more jobs, and is to be replaced. */
  get #isUsedUp(): boolean {
    return hasItsJobs(this.#settings, { jobs: this.#assigned, number: this.#jobs.last });
  }

  #stopWhenIdle(): void {
    if (this.#jobs.size > 0 || this.#isStopAsked) return;
    if (this.state === "ready" && this.#isUsedUp) {
      this.state = "retiring";
      this.#settings.onRecycling?.(this, { limit: "jobs", jobs: this.#assigned });
    }
    if (this.state !== "retiring") return;
    this.#isStopAsked = true;
    this.#outbox.post(["stop"]);
    const { stopTimeoutMs } = this.#settings;
    this.#timer?.();
    this.#timer = systemClock.schedule(stopTimeoutMs, () =>
      this.kill(killed(this.index, `it did not end within ${stopTimeoutMs} ms`)),
    );
  }

  #watch(limitMs: number): void {
    this.#timer = watchPulse({
      limitMs,
      silentMs: () => this.#silence.silentMs,
      ping: () => this.#outbox.post(["ping"]),
      onSilence: () => this.kill(killed(this.index, `it gave no sign of life for ${limitMs} ms`)),
    });
  }
}
