import type { FieldName, FieldValues } from "./field-values.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Any date that exists at all, on any weekday, comes again within 40 years. */
const YEARS_AHEAD = 41;

/** The five fields, none of them empty. */
export type CalendarFields = Readonly<Record<FieldName, FieldValues>>;

/** Finds the wall times that match a crontab; knows nothing of zones. Wall times are as in `Zone`. */
export class CrontabCalendar {
  readonly #fields: CalendarFields;

  constructor(fields: CalendarFields) {
    this.#fields = fields;
  }

  /** The first matching minute later than `wall`; `undefined` for dates that do not exist, such as 31 February. */
  next(wall: number): number | undefined {
    const from = (Math.floor(wall / MINUTE_MS) + 1) * MINUTE_MS;
    const day = Math.floor(from / DAY_MS);
    const date = new Date(from);
    if (this.#matches(date)) {
      const time = this.#timeOfDay(Math.floor((from - day * DAY_MS) / MINUTE_MS));
      if (time !== undefined) return day * DAY_MS + time;
    }
    const first = this.#nextDay(date);
    return first === undefined ? undefined : first + this.#startOfTimes();
  }

  #matches(date: Date): boolean {
    const { monthOfYear, dayOfMonth, dayOfWeek } = this.#fields;
    return (
      monthOfYear.has(date.getUTCMonth() + 1) &&
      dayOfMonth.has(date.getUTCDate()) &&
      dayOfWeek.has(date.getUTCDay())
    );
  }

  #startOfTimes(): number {
    const { hour, minute } = this.#fields;
    return hour.first * HOUR_MS + minute.first * MINUTE_MS;
  }

  /** The first matching time at or after a minute of the day. */
  #timeOfDay(minuteOfDay: number): number | undefined {
    const fields = this.#fields;
    const current = Math.floor(minuteOfDay / 60);
    const minute = fields.hour.has(current) ? fields.minute.next(minuteOfDay % 60) : -1;
    if (minute >= 0) return current * HOUR_MS + minute * MINUTE_MS;
    const hour = fields.hour.next(current + 1);
    return hour < 0 ? undefined : hour * HOUR_MS + fields.minute.first * MINUTE_MS;
  }

  /** Midnight of the first matching day after `date`. */
  #nextDay(date: Date): number | undefined {
    const { monthOfYear, dayOfMonth, dayOfWeek } = this.#fields;
    const lastYear = date.getUTCFullYear() + YEARS_AHEAD;
    let [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate() + 1];
    for (; year < lastYear; [year, month, day] = month === 12 ? [year + 1, 1, 1] : [year, month + 1, 1]) {
      if (!monthOfYear.has(month)) continue;
      const start = Date.UTC(year, month - 1, day);
      const weekday = new Date(start).getUTCDay();
      const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (let ahead = 0; day + ahead <= length; ahead++) {
        if (dayOfMonth.has(day + ahead) && dayOfWeek.has((weekday + ahead) % 7))
          return start + ahead * DAY_MS;
      }
    }
    return undefined;
  }
}
