import type { Clock } from "@q/kernel";
import { pythonError } from "./panel/python-error.ts";

/** Celery's units. Divided twice as there, which rounds otherwise than once by 3600. */
const UNITS: Readonly<Record<string, (amount: number) => number>> = {
  s: (amount) => amount,
  m: (amount) => amount / 60,
  h: (amount) => amount / 60 / 60,
};

/**
 * Tokens per second of a rate such as `10/s`, `10/m`, `10/h`, `10` or 10; 0 for none. As Celery reads them.
 *
 * @throws an error named `ValueError` or `KeyError`, as Python's
 * @see celery/utils/time.py, rate
 */
export function tokensPerSecond(rate: unknown): number {
  if (typeof rate === "boolean") return Number(rate);
  if (typeof rate === "number") return rate;
  if (typeof rate !== "string" || rate === "") return 0;
  const slash = rate.indexOf("/");
  const [amount, unit] = slash < 0 ? [rate, "s"] : [rate.slice(0, slash), rate.slice(slash + 1) || "s"];
  const value = pythonFloat(amount);
  const perSecond = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (perSecond === undefined) throw pythonError("KeyError", unit);
  return perSecond(value);
}

function pythonFloat(text: string): number {
  const trimmed = text.trim();
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(trimmed);
  if (special) return special[2] === undefined ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  if (!/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i.test(trimmed))
    throw pythonError("ValueError", `could not convert string to float: '${text}'`);
  return Number(trimmed.replaceAll("_", ""));
}

/**
 * How often tasks may begin, one bucket of one token per task name and worker. A task that comes too early is given the
 * next moment that is free, so nothing has to be asked again until then.
 *
 * @see kombu/utils/limits.py, TokenBucket
 */
export class RateLimits {
  readonly #clock: Clock;
  /** The rates in force; `undefined` is asked for on first use. */
  readonly #rates = new Map<string, number>();
  /** Monotonic milliseconds at which the bucket of a task has its next token. */
  readonly #nextMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a token of the task: milliseconds to wait for it, 0 when it is there. `rate` gives the rate on first use. */
  reserve(task: string, rate: () => unknown): number {
    const perSecond = this.#rateOf(task, rate);
    if (perSecond === 0) return 0;
    const now = this.#clock.monotonic();
    const atMs = Math.max(now, this.#nextMs.get(task) ?? now);
    this.#nextMs.set(task, atMs + 1000 / perSecond);
    return atMs - now;
  }

  /** Forgets the bucket and the rate of a task: the rate has changed, or what it had reserved is gone. */
  reset(task: string): void {
    this.#rates.delete(task);
    this.#nextMs.delete(task);
  }

  /** Forgets which tokens were given for later, and keeps the rates. */
  release(task: string): void {
    const now = this.#clock.monotonic();
    const perSecond = this.#rates.get(task) ?? 0;
    const next = this.#nextMs.get(task);
    // The token that is next may have been spent just now.
    if (perSecond > 0 && next !== undefined) this.#nextMs.set(task, Math.min(next, now + 1000 / perSecond));
  }

  #rateOf(task: string, rate: () => unknown): number {
    const known = this.#rates.get(task);
    if (known !== undefined) return known;
    const perSecond = usable(rate());
    this.#rates.set(task, perSecond);
    return perSecond;
  }
}

/** A rate that means nothing limits nothing: a slip in an option must not stop a worker. */
function usable(rate: unknown): number {
  try {
    const perSecond = tokensPerSecond(rate);
    return Number.isFinite(perSecond) && perSecond > 0 ? perSecond : 0;
  } catch {
    return 0;
  }
}
