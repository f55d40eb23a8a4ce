import type { TaskBase } from "@q/core";

/** Time limits in seconds; `null` for none. */
export interface TimeLimits {
  readonly soft: number | null;
  readonly hard: number | null;
}

/** What remote control has changed about tasks in this worker; everything else comes from their options. */
export class TaskLimits {
  readonly #rates = new Map<string, unknown>();
  readonly #times = new Map<string, TimeLimits>();

  setRate(task: string, rate: unknown): void {
    this.#rates.set(task, rate);
  }

  setTimes(task: string, times: TimeLimits): void {
    this.#times.set(task, times);
  }

  rateOf(task: TaskBase): unknown {
    return this.#rates.has(task.name) ? this.#rates.get(task.name) : task.resolved.rateLimit;
  }

  timesOf(task: TaskBase): TimeLimits {
    const changed = this.#times.get(task.name);
    if (changed !== undefined) return changed;
    const { softTimeLimit, timeLimit } = task.resolved;
    return { soft: softTimeLimit ?? null, hard: timeLimit ?? null };
  }
}
