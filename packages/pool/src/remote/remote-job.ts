import { type Cancel, systemClock } from "@q/kernel";
import type { ExecutorIdentity, Job, Outcome } from "../contracts.ts";

/**
 * A job on its way through a pool of processes or threads.
 *
 * States: *pending* (has a slot, no executor) → *given* (to an executor, and it may wait there for its turn) → *begun* →
 * *over*. One that was given and has not begun goes back to *pending* when it is called back or its executor dies.
 */
export class RemoteJob {
  /** Its number in the pool: those that came earlier go first. */
  readonly seq: number;
  readonly job: Job;
  /** Told the outcome, once. */
  readonly done: (outcome: Outcome) => void;
  /** Its number with the executor that it was given to last. */
  number = 0;
  isOver = false;
  /** Its executor has said that it has begun. */
  isHeard = false;
  /** Whoever gave it wants it back, if it has not begun. */
  isWithdrawn = false;
  /** Why it was terminated: whatever becomes of it now, it is lost. */
  terminated: Error | undefined;
  /** Executors that died when it was the next to begin. */
  deaths = 0;
  #isAccepted = false;
  #isLimited = false;
  #timers: Cancel[] = [];

  constructor(seq: number, job: Job, done: (outcome: Outcome) => void) {
    this.seq = seq;
    this.job = job;
    this.done = done;
  }

  get id(): string {
    return this.job.id;
  }

  /** Its executor says that its work begins; told once. */
  accept(by: ExecutorIdentity): void {
    this.isHeard = true;
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    this.job.onAccepted?.(by);
  }

  /** Calls `timeOut` when its hard limit, if it has one, is over from now, the first time that this is called. */
  limit(timeOut: (limitMs: number) => void): void {
    const { hardLimitMs = 0 } = this.job;
    if (this.#isLimited || hardLimitMs <= 0) return;
    this.#isLimited = true;
    this.schedule(hardLimitMs, () => {
      // What came in time is read first, should this process have been stopped or busy until now.
      const turn = setImmediate(() => timeOut(hardLimitMs));
      this.#timers.push(() => clearImmediate(turn));
    });
  }

  /** Calls `run` after a delay, unless the job is over or with another executor by then. */
  schedule(delayMs: number, run: () => void): void {
    this.#timers.push(systemClock.schedule(delayMs, run));
  }

  /** Ends the job; the outcome is not told from here. */
  end(): void {
    this.isOver = true;
    this.#cancelTimers();
  }

  /** Waits for an executor once more. */
  giveBack(): void {
    this.isHeard = false;
    this.#isLimited = false;
    this.#cancelTimers();
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
  }
}
