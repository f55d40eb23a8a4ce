import { type Cancel, systemClock } from "@q/kernel";
import type { Job, Outcome } from "../contracts.ts";

/**
 * A job on its way through a pool of processes or threads.
 *
 * States: *pending* (has a slot, no executor) → *sent* (waits inside an executor, ahead of its turn) → *started* →
 * *over*. A sent job goes back to *pending* when it is recalled or its executor dies.
 */
export class RemoteJob {
  readonly seq: number;
  readonly job: Job;
  /** Told the outcome, once. */
  readonly done: (outcome: Outcome) => void;
  /** It has begun, or will as soon as its executor reads its messages. */
  hasStarted = false;
  /** It has been asked back. */
  isRecalled = false;
  isOver = false;
  /** Why it was terminated: whatever becomes of it now, it is lost. */
  terminated: Error | undefined;
  #timers: Cancel[] = [];

  constructor(seq: number, job: Job, done: (outcome: Outcome) => void) {
    this.seq = seq;
    this.job = job;
    this.done = done;
  }

  get id(): string {
    return this.job.id;
  }

  /** Calls `run` after a delay, unless the job is over by then. */
  schedule(delayMs: number, run: () => void): void {
    this.#timers.push(systemClock.schedule(delayMs, run));
  }

  /** Ends the job; the outcome is not told from here. */
  end(): void {
    this.isOver = true;
    for (const cancel of this.#timers) cancel();
  }

  /** Waits for an executor once more. */
  giveBack(): void {
    this.hasStarted = false;
    this.isRecalled = false;
  }
}
