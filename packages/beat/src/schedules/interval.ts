import { ScheduleError } from "../errors.ts";
import type { Schedule, ScheduleContext } from "../schedule.ts";
import { Zone } from "../time/zone.ts";

const UNITS = { days: 86_400, hours: 3600, minutes: 60, seconds: 1, milliseconds: 0.001 } as const;

/** A length of time in parts, as Python's `timedelta` takes them. */
export type DurationParts = { readonly [TUnit in keyof typeof UNITS | "weeks"]?: number };

/** Options of {@link interval}. */
export interface IntervalOptions {
  /** Celery's `relative`: rounded down to the second, minute, hour or day of the clock. Default false. */
  readonly relative?: boolean;
  /** Celery's `nowfun`. */
  readonly nowfun?: () => Date | number;
}

/**
 * A schedule of equal spans of time: an hour is an hour, also when the clock is changed.
 *
 * With `relative` it goes by the clock: occurrences are rounded down to whole days, hours, minutes or seconds, whichever
 * is the largest that fits into the interval, and whole days keep their local time.
 *
 * @see celery/schedules.py, schedule
 */
export class Interval implements Schedule {
  /** Seconds between occurrences. */
  readonly every: number;
  readonly relative: boolean;
  readonly nowfun: (() => Date | number) | undefined;
  readonly countsElapsedTime: boolean;
  readonly #everyMs: number;

  /** @throws {ScheduleError} when `every` is not a positive number of milliseconds or more */
  constructor(every: number | DurationParts, options: IntervalOptions = {}) {
    this.every = typeof every === "number" ? every : secondsOf(every);
    this.#everyMs = Math.round(this.every * 1000);
    if (!(this.#everyMs > 0 && this.#everyMs < Number.MAX_SAFE_INTEGER / 2)) {
      throw new ScheduleError(`an interval is a positive number of seconds, not ${this.every}`);
    }
    this.relative = options.relative ?? false;
    this.nowfun = options.nowfun;
    this.countsElapsedTime = !this.relative;
  }

  next(after: number, context: ScheduleContext): number {
    if (!this.relative) return after + this.#everyMs;
    const zone = Zone.of(context.timeZone);
    const unitMs = this.#unitMs();
    const end = this.#byTheClock(after, zone);
    const rounded = roundDown(end, unitMs, zone);
    // A day that the clock makes shorter can round down to where it began.
    return rounded > after ? rounded : end;
  }

  first(start: number, context: ScheduleContext): number {
    if (!this.relative) return start;
    const rounded = roundDown(start, this.#unitMs(), Zone.of(context.timeZone));
    return rounded === start ? start : this.next(start, context);
  }

  latest(since: number, now: number, context: ScheduleContext): number | undefined {
    if (!this.relative) {
      const times = Math.floor((now - since) / this.#everyMs);
      return times < 1 ? undefined : since + times * this.#everyMs;
    }
    let latest: number | undefined;
    for (let at = this.next(since, context); at <= now; at = this.next(at, context)) latest = at;
    return latest;
  }

  toString(): string {
    return `<freq: ${humanSeconds(this.every)}${this.relative ? " (relative)" : ""}>`;
  }

  toJSON(): unknown {
    return { every: this.every, ...(this.relative && { relative: true }) };
  }

  #byTheClock(after: number, zone: Zone): number {
    const dayMs = UNITS.days * 1000;
    if (this.#everyMs < dayMs) return after + this.#everyMs;
    const wall = zone.wall(after) + this.#everyMs;
    const { at, skipped } = zone.instants(wall);
    return at[0] ?? wall - (skipped?.beforeMs ?? 0);
  }

  #unitMs(): number {
    const seconds = [UNITS.days, UNITS.hours, UNITS.minutes].find((unit) => this.every >= unit);
    return (seconds ?? 1) * 1000;
  }
}

/** Makes an {@link Interval} of seconds, or of `{ days, hours, minutes, seconds }`. */
export function interval(every: number | DurationParts, options: IntervalOptions = {}): Interval {
  return new Interval(every, options);
}

/** Seconds of a length of time in parts. @throws {ScheduleError} for a part that is no number, or none at all */
function secondsOf(parts: DurationParts): number {
  const entries = Object.entries(parts);
  let seconds = 0;
  for (const [unit, amount] of entries) {
    const scale = unit === "weeks" ? 604_800 : (UNITS as Readonly<Record<string, number>>)[unit];
    if (scale === undefined || typeof amount !== "number")
      throw new ScheduleError(`"${unit}: ${String(amount)}" is no part of a length of time`);
    seconds += amount * scale;
  }
  if (entries.length === 0) throw new ScheduleError("a length of time has at least one part");
  return seconds;
}

/** Down to the whole unit of the clock on the wall, never over a change of the clock. */
function roundDown(instant: number, unitMs: number, zone: Zone): number {
  const wall = zone.wall(instant);
  const rounded = wall - (((wall % unitMs) + unitMs) % unitMs);
  if (unitMs < UNITS.days * 1000) return instant - (wall - rounded);
  const { at, skipped } = zone.instants(rounded);
  return at[0] ?? skipped?.at ?? instant;
}

/** `30.00 seconds`, as Celery shows an interval. @see celery/utils/time.py, humanize_seconds */
export function humanSeconds(seconds: number): string {
  for (const [unit, divider] of [
    ["day", UNITS.days],
    ["hour", UNITS.hours],
    ["minute", UNITS.minutes],
    ["second", UNITS.seconds],
  ] as const) {
    if (seconds < divider) continue;
    const amount = seconds / divider;
    return `${amount.toFixed(2)} ${unit}${amount === 1 ? "" : "s"}`;
  }
  return seconds > 0 ? `${seconds} seconds` : "now";
}
