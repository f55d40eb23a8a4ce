import { type Cancel, systemClock } from "@q/kernel";
import type { Execute, ExecutorIdentity, Job, JobContext, Outcome } from "../contracts.ts";
import { SoftTimeLimitExceeded } from "../errors.ts";

const here: ExecutorIdentity = { index: 0, pid: process.pid, threadId: 0 };

/** Told when a job's outcome is known, and when a function that outlived its job's end has returned at last. */
export interface InlineJobEvents {
  onOutcome(job: InlineJob, outcome: Outcome): void;
  onOrphanReturned(): void;
}

/**
 * One job on the event loop: its function, its limits, its signal.
 *
 * States: *running* → *ended* (the function returned, or a limit or a `terminate` ended the job first, which leaves
 * the function an orphan).
 */
export class InlineJob implements JobContext {
  readonly id: string;
  /** Told the outcome, once. */
  readonly done: (outcome: Outcome) => void;
  readonly #job: Job;
  readonly #events: InlineJobEvents;
  #abort: AbortController | undefined;
  #abortReason: Error | undefined;
  #limits: Cancel[] | undefined;
  #ended = false;
  #isAborted = false;

  constructor(job: Job, events: InlineJobEvents, done: (outcome: Outcome) => void) {
    this.id = job.id;
    this.done = done;
    this.#job = job;
    this.#events = events;
  }

  get softLimitMs(): number {
    return this.#job.softLimitMs ?? 0;
  }

  /** Created on first use: most functions never look at it, and a controller costs more than a no-op job. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#abortReason) this.#abort.abort(this.#abortReason);
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#ended || this.#isAborted;
  }

  accept(): void {
    this.#job.onAccepted?.(here);
  }

  /** Calls the function; its outcome is reported through `onOutcome`, possibly before this returns. */
  start(execute: Execute): void {
    this.#armLimits();
    try {
      const value = execute(this.#job.payload, this);
      if (isThenable(value)) value.then(this.#succeed, this.#fail);
      else this.#succeed(value);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Tells the function that its job is over for the caller, and lets it end in its own time. */
  abort(reason: Error): void {
    this.#isAborted = true;
    this.#abortWith(reason);
  }

  /** Ends the job from outside; the function is told through its signal. */
  terminate(reason: Error): void {
    this.#abortWith(reason);
    this.#end({ status: "lost", reason });
  }

  readonly #succeed = (value: unknown): void => this.#return({ status: "done", value });
  readonly #fail = (error: unknown): void => this.#return({ status: "failed", error });

  #return(outcome: Outcome): void {
    if (this.#ended) this.#events.onOrphanReturned();
    else this.#end(outcome);
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#limits ?? []) cancel();
    this.#events.onOutcome(this, outcome);
  }

  #armLimits(): void {
    const { softLimitMs = 0, hardLimitMs = 0 } = this.#job;
    if (softLimitMs <= 0 && hardLimitMs <= 0) return;
    this.#limits = [];
    // Not `setTimeout`: it takes a limit beyond 24 days for none at all, and messages may ask for any.
    const arm = (limitMs: number, end: () => void): void => {
      if (limitMs > 0) this.#limits?.push(systemClock.schedule(limitMs, end));
    };
    arm(softLimitMs, () => this.#abortWith(new SoftTimeLimitExceeded(softLimitMs)));
    arm(hardLimitMs, () => this.#timeOut(hardLimitMs));
  }

  #timeOut(limitMs: number): void {
    this.#abortWith(new SoftTimeLimitExceeded(limitMs));
    this.#end({ status: "timed out", limitMs, orphaned: true });
  }

  #abortWith(reason: Error): void {
    this.#abortReason ??= reason;
    this.#abort?.abort(this.#abortReason);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
