import { ScheduleError } from "../errors.ts";
import type { Schedule } from "../schedule.ts";

/** A schedule of one moment. */
export class Clocked implements Schedule {
  readonly at: Date;

  /** `at`: ISO 8601 text, with its offset, or a date. @throws {ScheduleError} when it is no time */
  constructor(at: Date | string | number) {
    this.at = new Date(at);
    if (Number.isNaN(this.at.getTime())) {
      throw new ScheduleError(
        `not a time: ${String(at)}. Give a Date or ISO 8601 text such as 2026-12-24T18:00:00Z.`,
      );
    }
  }

  next(after: number): number | undefined {
    const at = this.at.getTime();
    return after < at ? at : undefined;
  }

  latest(since: number, now: number): number | undefined {
    const next = this.next(since);
    return next !== undefined && next <= now ? next : undefined;
  }

  toString(): string {
    return `<clocked: ${this.at.toISOString()}>`;
  }

  toJSON(): unknown {
    return { clocked: this.at.toISOString() };
  }
}

/** Makes a {@link Clocked}: once, at this time. */
export function clocked(at: Date | string | number): Clocked {
  return new Clocked(at);
}
