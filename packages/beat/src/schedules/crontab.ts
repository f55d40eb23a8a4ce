import { CrontabError, ScheduleError } from "../errors.ts";
import { latestByLookingBack, type Schedule, type ScheduleContext } from "../schedule.ts";
import { type Transition, Zone } from "../time/zone.ts";
import { type CalendarFields, CrontabCalendar } from "./crontab-calendar.ts";
import type { Cronspec } from "./crontab-parser.ts";
import { type FieldName, FieldValues } from "./field-values.ts";

/** Fields of a crontab. Each defaults to `*`; all of them must match, the days too. */
export interface CrontabOptions {
  /** 0 to 59. */
  readonly minute?: Cronspec;
  /** 0 to 23. */
  readonly hour?: Cronspec;
  /** 0 (Sunday) to 6, or names. */
  readonly dayOfWeek?: Cronspec;
  /** 1 to 31. */
  readonly dayOfMonth?: Cronspec;
  /** 1 to 12, or names. */
  readonly monthOfYear?: Cronspec;
  /** Zone of the wall clock that the fields mean. Default: that of the app, which defaults to UTC. */
  readonly timeZone?: string;
  /** Celery's `nowfun`. */
  readonly nowfun?: () => Date | number;
}

/** The numbers that the fields of a crontab stand for. */
export type CrontabFields = Readonly<Record<FieldName, readonly number[]>>;

const DAY_MS = 86_400_000;
const NAMES = ["minute", "hour", "dayOfMonth", "monthOfYear", "dayOfWeek"] as const;

/**
 * A schedule by the clock on the wall, with Celery's grammar: numbers, names, `*`, ranges (which may go over the end:
 * `fri-mon`), steps and lists.
 *
 * Changes of the clock: a time that is left out comes at the moment it would have come without the change, which the
 * clock then calls an hour later. A time that is repeated comes once, the first time; unless the hour field means every
 * hour: then the repeated hour is an hour like any other. Occurrences at the same moment are one.
 *
 * @see celery/schedules.py, crontab; docs/guides/periodic-tasks.md for tables of both changes
 */
export class Crontab implements Schedule {
  readonly nowfun: (() => Date | number) | undefined;
  readonly #fields: CalendarFields;
  readonly #specs: readonly string[];
  readonly #timeZone: string | undefined;
  readonly #calendar: CrontabCalendar;
  readonly #isEveryHour: boolean;

  /** @throws {CrontabError} {@link ScheduleError} for an unknown zone, or a date that never comes */
  constructor(options: CrontabOptions = {}) {
    const spec = (name: (typeof NAMES)[number]): Cronspec =>
      options[name] ?? ((options[name] === null ? null : "*") as Cronspec);
    const fields = {
      minute: FieldValues.of("minute", spec("minute")),
      hour: FieldValues.of("hour", spec("hour")),
      dayOfWeek: FieldValues.of("dayOfWeek", spec("dayOfWeek")),
      dayOfMonth: FieldValues.of("dayOfMonth", spec("dayOfMonth")),
      monthOfYear: FieldValues.of("monthOfYear", spec("monthOfYear")),
    };
    this.#fields = fields;
    this.#specs = NAMES.map((name) => textOf(spec(name)));
    this.#timeZone = options.timeZone === undefined ? undefined : Zone.of(options.timeZone).name;
    this.nowfun = options.nowfun;
    this.#isEveryHour = fields.hour.values.length === 24;
    this.#calendar = new CrontabCalendar(fields);
    if (NAMES.some((name) => fields[name].values.length === 0) || this.#calendar.next(0) === undefined) {
      throw new ScheduleError(`${this.toString()} never comes: there is no such date`);
    }
  }

  /** The numbers that the fields stand for, each list in ascending order. */
  get fields(): CrontabFields {
    const { minute, hour, dayOfWeek, dayOfMonth, monthOfYear } = this.#fields;
    return {
      minute: minute.values,
      hour: hour.values,
      dayOfWeek: dayOfWeek.values,
      dayOfMonth: dayOfMonth.values,
      monthOfYear: monthOfYear.values,
    };
  }

  next(after: number, context: ScheduleContext): number | undefined {
    const zone = Zone.of(this.#timeZone ?? context.timeZone);
    const change = zone.transitionNear(after);
    if (change !== undefined) return this.#nextAround(change, { after, zone });
    return this.#resolve(this.#calendar.next(zone.wall(after)), zone);
  }

  latest(since: number, now: number, context: ScheduleContext): number | undefined {
    return latestByLookingBack(this, { since, now, context });
  }

  /** `m h dom mon dow`, and the zone when it has one of its own. */
  toString(): string {
    const zone = this.#timeZone === undefined ? "" : ` ${this.#timeZone}`;
    return `<crontab: ${this.#specs.join(" ")} (m/h/dM/MY/d)${zone}>`;
  }

  toJSON(): unknown {
    const crontab = this.#specs.join(" ");
    return { crontab, ...(this.#timeZone !== undefined && { timeZone: this.#timeZone }) };
  }

  /**
   * The next occurrence when the clock is changed within a day or so. It is the earliest of: the wall times before the
   * change; those after it; and, when an hour is left out, the times in it, counted as if the clock had gone on.
   */
  #nextAround(change: Transition, { after, zone }: { after: number; zone: Zone }): number | undefined {
    const { at, beforeMs, afterMs } = change;
    const candidates: number[] = [];
    // What the old clock shows: before the change, and through the hour that the new clock leaves out.
    const oldEnd = at + Math.max(0, afterMs - beforeMs);
    const old = after < oldEnd ? this.#calendar.next(after + beforeMs) : undefined;
    if (old !== undefined && old - beforeMs < oldEnd) candidates.push(old - beforeMs);
    // What the new clock shows, without the hour that the old one has shown already.
    const repeatedUntil = this.#isEveryHour ? at : at + Math.max(0, beforeMs - afterMs);
    const wall = this.#calendar.next(Math.max(after, repeatedUntil - 1) + afterMs);
    if (wall !== undefined) {
      const isNear = wall - afterMs < at + DAY_MS;
      candidates.push(isNear ? wall - afterMs : (this.#resolve(wall, zone) ?? Infinity));
    }
    return candidates.length === 0 ? undefined : Math.min(...candidates);
  }

  /** The first instant of a wall time that no other change is near to where the search began. */
  #resolve(wall: number | undefined, zone: Zone): number | undefined {
    if (wall === undefined) return undefined;
    const { at, skipped } = zone.instants(wall);
    if (skipped === undefined) return at[0];
    // A time after the change may come before the one that was left out: 03:00 before the 03:30 that 02:30 became.
    const shifted = wall - skipped.beforeMs;
    const following = this.#calendar.next(skipped.at + skipped.afterMs - 1);
    return following === undefined ? shifted : Math.min(shifted, following - skipped.afterMs);
  }
}

/** Makes a {@link Crontab} from its fields, or from a line such as `"0 4 * * mon-fri"`. */
export function crontab(fields: CrontabOptions | string = {}, options: { timeZone?: string } = {}): Crontab {
  return typeof fields === "string"
    ? crontabFromString(fields, options)
    : new Crontab({ ...fields, ...options });
}

/**
 * Reads `m h dom mon dow`, separated by single blanks.
 *
 * @throws {CrontabError} with the text of Celery's exception
 */
export function crontabFromString(line: string, options: { timeZone?: string } = {}): Crontab {
  const parts = line.split(" ");
  if (parts.length > NAMES.length)
    throw new CrontabError("ValueError", "too many values to unpack (expected 5)");
  if (parts.length < NAMES.length) {
    throw new CrontabError("ValueError", `not enough values to unpack (expected 5, got ${parts.length})`);
  }
  const fields = Object.fromEntries(NAMES.map((name, index) => [name, parts[index]]));
  return new Crontab({ ...fields, ...options });
}

function textOf(spec: Cronspec): string {
  return typeof spec === "object" ? [...spec].join(",") : String(spec);
}
