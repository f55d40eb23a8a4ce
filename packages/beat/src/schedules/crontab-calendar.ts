const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Any date that exists at all, on any weekday, comes again within 40 years. */
const YEARS_AHEAD = 41;

/** The values of the five fields, each ascending and not empty. */
export interface CrontabFields {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfWeek: readonly number[];
  readonly dayOfMonth: readonly number[];
  readonly monthOfYear: readonly number[];
}

/** Finds the wall times that match a crontab; knows nothing of zones. Wall times are as in `Zone`. */
export class CrontabCalendar {
  readonly #fields: CrontabFields;
  readonly #months: readonly boolean[];
  readonly #days: readonly boolean[];
  readonly #weekdays: readonly boolean[];
  /** Next value at or after the index; -1 when the field has no more. */
  readonly #nextHour: readonly number[];
  readonly #nextMinute: readonly number[];

  constructor(fields: CrontabFields) {
    this.#fields = fields;
    this.#months = flags(fields.monthOfYear, 13);
    this.#days = flags(fields.dayOfMonth, 32);
    this.#weekdays = flags(fields.dayOfWeek, 7);
    this.#nextHour = nextValues(fields.hour, 24);
    this.#nextMinute = nextValues(fields.minute, 60);
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
    return (
      this.#months[date.getUTCMonth() + 1] === true &&
      this.#days[date.getUTCDate()] === true &&
      this.#weekdays[date.getUTCDay()] === true
    );
  }

  #startOfTimes(): number {
    return (this.#fields.hour[0] ?? 0) * HOUR_MS + (this.#fields.minute[0] ?? 0) * MINUTE_MS;
  }

  /** The first matching time at or after a minute of the day. */
  #timeOfDay(minuteOfDay: number): number | undefined {
    const hour = this.#nextHour[Math.floor(minuteOfDay / 60)] ?? -1;
    if (hour < 0) return undefined;
    if (hour > Math.floor(minuteOfDay / 60))
      return hour * HOUR_MS + (this.#fields.minute[0] ?? 0) * MINUTE_MS;
    const minute = this.#nextMinute[minuteOfDay % 60] ?? -1;
    if (minute >= 0) return hour * HOUR_MS + minute * MINUTE_MS;
    const later = hour < 23 ? (this.#nextHour[hour + 1] ?? -1) : -1;
    return later < 0 ? undefined : later * HOUR_MS + (this.#fields.minute[0] ?? 0) * MINUTE_MS;
  }

  /** Midnight of the first matching day after `date`. */
  #nextDay(date: Date): number | undefined {
    const lastYear = date.getUTCFullYear() + YEARS_AHEAD;
    let [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate() + 1];
    for (; year < lastYear; [year, month, day] = month === 12 ? [year + 1, 1, 1] : [year, month + 1, 1]) {
      if (this.#months[month] !== true) continue;
      const start = Date.UTC(year, month - 1, day);
      const weekday = new Date(start).getUTCDay();
      const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (let ahead = 0; day + ahead <= length; ahead++) {
        if (this.#days[day + ahead] === true && this.#weekdays[(weekday + ahead) % 7] === true)
          return start + ahead * DAY_MS;
      }
    }
    return undefined;
  }
}

function flags(values: readonly number[], size: number): boolean[] {
  const all = Array.from({ length: size }, () => false);
  for (const value of values) all[value] = true;
  return all;
}

function nextValues(values: readonly number[], size: number): number[] {
  return Array.from({ length: size }, (_, from) => values.find((value) => value >= from) ?? -1);
}
