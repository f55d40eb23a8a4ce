import { asError, type Clock, type Logger, Slots } from "@q/kernel";
import type { Run } from "./run.ts";

/** Runs that are being sent at once, at most. */
const MAX_SENDING = 500;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** How one delivery ended: the sender has it, it was given up, or the beat ended first. */
export type DeliveryEnd = "sent" | "abandoned" | "interrupted";

/** What a {@link Delivery} works with. */
export interface DeliveryParts {
  readonly send: (run: Run) => unknown;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends retries; a sending that is under way is waited for. */
  readonly signal: AbortSignal;
  /** Asked before every attempt: a process that was frozen meanwhile must not send. */
  readonly isValid: () => boolean;
  readonly onSent: (run: Run) => void;
  readonly onFailed: (run: Run, error: Error) => void;
}

/** Sends runs, in the background and many at once, and tries again what failed. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #slots = new Slots(MAX_SENDING);
  /** Ends the pauses before further attempts. */
  readonly #pausing = new Set<() => void>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    // One listener for all: adding one takes the longer the more there are.
    parts.signal.addEventListener("abort", () => this.#wakeAll(), { once: true });
  }

  /** Never rejects. `isWorthIt` is asked before every further attempt. */
  async deliver(run: Run, isWorthIt: () => boolean): Promise<DeliveryEnd> {
    const { signal, isValid } = this.#parts;
    for (let attempt = 0; ; attempt++) {
      await this.#slots.acquire();
      try {
        if (signal.aborted || !isValid()) return "interrupted";
        if (await this.#attempt(run)) return "sent";
      } finally {
        this.#slots.release();
      }
      await this.#pause(Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS));
      if (signal.aborted) return "interrupted";
      if (!isWorthIt()) return "abandoned";
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#parts.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#pausing.delete(done);
        resolve();
      };
      const cancel = this.#parts.clock.schedule(delayMs, done);
      this.#pausing.add(done);
    });
  }

  /** Whoever waits finds that it is over. */
  #wakeAll(): void {
    this.#slots.resize(Infinity);
    for (const wake of this.#pausing) wake();
  }

  async #attempt(run: Run): Promise<boolean> {
    const { send, logger, onSent, onFailed } = this.#parts;
    const fields = { entry: run.name, taskName: run.task, taskId: run.id };
    try {
      await send({ ...run, args: evaluated(run.args), kwargs: evaluatedValues(run.kwargs) });
    } catch (thrown) {
      const err = asError(thrown);
      logger.error({ ...fields, err }, "a periodic task could not be sent");
      onFailed(run, err);
      return false;
    }
    logger.info(fields, "sent periodic task");
    onSent(run);
    return true;
  }
}

/** Functions among the arguments stand for what they return now. */
function evaluated(args: readonly unknown[]): readonly unknown[] {
  return args.map((arg) => (typeof arg === "function" ? (arg as () => unknown)() : arg));
}

function evaluatedValues(kwargs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(kwargs);
  const values = evaluated(Object.values(kwargs));
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}
