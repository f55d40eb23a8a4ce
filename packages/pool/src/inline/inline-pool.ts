import { Slots, TransitMap } from "@q/kernel";
import type { Execute, Job, Outcome, Pool, PoolCapabilities, PoolStats } from "../contracts.ts";
import { Terminated } from "../errors.ts";
import { InlineJob, type InlineJobEvents } from "./inline-job.ts";

/** Options of an {@link InlinePool}. */
export interface InlinePoolOptions {
  readonly execute: Execute;
  /** Jobs that may run at once. Default 1. */
  readonly size?: number;
  /** `solo` has one slot for ever; `async` may grow. Default `solo` for a size of 1, else `async`. */
  readonly kind?: "async" | "solo";
}

/**
 * Runs jobs on the event loop of the calling process.
 *
 * Nothing can be killed here: when a hard limit is over the outcome is reported and the slot is free again, but the
 * function may go on; such orphans are counted until they return. A job that never returns control blocks everything.
 *
 * States: *open* → *draining* (nothing new; jobs under way finish) → *stopped* (jobs under way were aborted).
 */
export class InlinePool implements Pool, InlineJobEvents {
  readonly capabilities: PoolCapabilities;
  readonly #execute: Execute;
  readonly #implementation: string;
  readonly #slots: Slots;
  readonly #jobs = new TransitMap<InlineJob, true>();
  #size: number;
  #completed = 0;
  #orphaned = 0;
  #closed: Error | undefined;
  #idle: (() => void)[] = [];

  constructor(options: InlinePoolOptions) {
    this.#size = options.size ?? 1;
    this.#implementation = options.kind ?? (this.#size === 1 ? "solo" : "async");
    const isAsync = this.#implementation === "async";
    this.capabilities = {
      kill: false,
      isolation: "none",
      concurrent: isAsync,
      resizable: isAsync,
    };
    this.#execute = options.execute;
    this.#slots = new Slots(this.#size);
  }

  get size(): number {
    return this.#size;
  }

  /** The same as `size`: a slot is all there is. */
  get slots(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#size;
  }

  get running(): number {
    return this.#slots.taken;
  }

  async start(): Promise<void> {}

  /** Begins at once when a slot is free, so that a batch of jobs costs no extra turns of the event loop. */
  submit(job: Job, done: (outcome: Outcome) => void): void {
    if (this.#slots.tryAcquire()) this.#begin(job, done);
    else void this.#slots.acquire().then(() => this.#begin(job, done));
  }

  run(job: Job): Promise<Outcome> {
    return new Promise((resolve) => this.submit(job, resolve));
  }

  /** A job's outcome is known. */
  onOutcome(job: InlineJob, outcome: Outcome): void {
    this.#jobs.delete(job);
    if (outcome.status === "lost" || outcome.status === "timed out") this.#orphaned++;
    this.#completed++;
    this.#release();
    job.done(outcome);
  }

  /** A function has returned whose job was over. */
  onOrphanReturned(): void {
    this.#orphaned--;
  }

  #begin(job: Job, done: (outcome: Outcome) => void): void {
    if (this.#closed) {
      this.#release();
      return done({ status: "lost", reason: this.#closed });
    }
    const running = new InlineJob(job, this, done);
    this.#jobs.set(running, true);
    running.start(this.#execute);
  }

  #release(): void {
    this.#slots.release();
    if (this.#slots.taken === 0) for (const done of this.#idle.splice(0)) done();
  }

  async grow(by: number): Promise<void> {
    if (!this.capabilities.resizable) return;
    this.#size += by;
    this.#slots.resize(this.#size);
  }

  async shrink(by: number): Promise<void> {
    this.#size = Math.max(1, this.#size - by);
    this.#slots.resize(this.#size);
  }

  /** Nothing to replace. */
  async restart(): Promise<void> {}

  /** None: jobs begin as they come. */
  withdraw(): readonly Job[] {
    return [];
  }

  terminate(jobId: string, reason: Error): boolean {
    const jobs = [...this.#jobs.keys()].filter((job) => job.id === jobId);
    for (const job of jobs) job.terminate(reason);
    return jobs.length > 0;
  }

  terminateAll(reason: Error): void {
    for (const job of [...this.#jobs.keys()]) job.terminate(reason);
  }

  stats(): PoolStats {
    return {
      implementation: this.#implementation,
      size: this.#size,
      slots: this.#size,
      running: this.running,
      orphaned: this.#orphaned,
      completed: this.#completed,
    };
  }

  async drain(): Promise<void> {
    if (this.#slots.taken === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async stop(): Promise<void> {
    this.#closed ??= new Terminated("the pool was stopped");
    this.terminateAll(this.#closed);
    await this.drain();
  }
}
