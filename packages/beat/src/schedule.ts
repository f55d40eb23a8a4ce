/** What a schedule may depend on besides the last occurrence. */
export interface ScheduleContext {
  /** Time zone of the app, an IANA name; schedules with a zone of their own do not look at it. */
  readonly timeZone: string;
}

/**
 * When an entry is due. Implement it for schedules of your own: two calls with the same arguments must agree, in every
 * process, for other beats work out the same occurrences.
 */
export interface Schedule {
  /**
   * The first occurrence later than `after`; `undefined` when there is none any more. Milliseconds since 1970.
   * `after` is the last occurrence, or the moment from which the entry counts.
   */
  next(after: number, context: ScheduleContext): number | undefined;
  /**
   * The first occurrence at or after `start`, for entries with a start of their own.
   * Default: the `next` of the millisecond before.
   */
  first?(start: number, context: ScheduleContext): number | undefined;
  /**
   * The last occurrence in `(since, now]`; spares the walk over all that were missed in a long downtime.
   * Default: that walk.
   */
  latest?(since: number, now: number, context: ScheduleContext): number | undefined;
  /** True when it counts elapsed time: a clock that is put back moves its occurrences back too. Default false. */
  readonly countsElapsedTime?: boolean;
  /** Celery's `nowfun`: what is now for this schedule. Default: the clock of the beat. */
  readonly nowfun?: (() => Date | number) | undefined;
  /** The whole meaning of the schedule as text: an entry whose text changes starts anew. Shown by tools. */
  toString(): string;
  /** A form that JSON keeps and {@link toSchedule} reads back; without it an entry cannot be stored. */
  toJSON?(): unknown;
}

/** Whether an entry is due, and seconds until the next look at it, as Celery's `is_due` says it. */
export interface Due {
  readonly isDue: boolean;
  readonly next: number;
}

/** Options of {@link isDue} and {@link remainingEstimate}. */
export interface DueOptions {
  /** When the entry was due last. */
  readonly lastRunAt: Date | number;
  /** Default: the schedule's `nowfun`, else the system's clock. */
  readonly now?: Date | number;
  /** Default `UTC`. */
  readonly timeZone?: string;
  /** Celery's `beat_cron_starting_deadline`, seconds: a run missed for longer is not due. Default none. */
  readonly startingDeadline?: number | undefined;
}

/** Seconds until the occurrence after `lastRunAt`; negative when it is past, `Infinity` when there is none. */
export function remainingEstimate(schedule: Schedule, options: DueOptions): number {
  const { timeZone = "UTC" } = options;
  const next = schedule.next(Number(options.lastRunAt), { timeZone });
  return next === undefined ? Infinity : (next - nowOf(schedule, options)) / 1000;
}

/** Whether the occurrence after `lastRunAt` has come, and the seconds to the next look. */
export function isDue(schedule: Schedule, options: DueOptions): Due {
  const now = nowOf(schedule, options);
  const remaining = remainingEstimate(schedule, { ...options, now });
  if (remaining > 0) return { isDue: false, next: remaining };
  const next = remainingEstimate(schedule, { ...options, lastRunAt: now, now });
  const { startingDeadline } = options;
  if (startingDeadline === undefined) return { isDue: true, next };
  const { timeZone = "UTC" } = options;
  const latest = latestOccurrence(schedule, { since: Number(options.lastRunAt), now, context: { timeZone } });
  return { isDue: latest !== undefined && now - latest <= startingDeadline * 1000, next };
}

function nowOf(schedule: Schedule, { now }: DueOptions): number {
  return Number(now ?? schedule.nowfun?.() ?? Date.now());
}

/** A stretch of time: later than `since`, up to and with `now`. */
export interface Stretch {
  readonly since: number;
  readonly now: number;
  readonly context: ScheduleContext;
}

/** The last occurrence in a stretch, or `undefined` when it has none. */
export function latestOccurrence(schedule: Schedule, { since, now, context }: Stretch): number | undefined {
  if (schedule.latest) return schedule.latest(since, now, context);
  let latest: number | undefined;
  for (let at = schedule.next(since, context); at !== undefined && at <= now;) {
    latest = at;
    at = schedule.next(at, context);
  }
  return latest;
}

/**
 * {@link latestOccurrence} for schedules whose occurrences do not depend on the last one: looks back from `now` in
 * growing steps, so that the walk is short however long the stretch is.
 */
export function latestByLookingBack(
  schedule: Schedule,
  { since, now, context }: Stretch,
): number | undefined {
  for (let stepMs = 60_000; ; stepMs *= 4) {
    const from = Math.max(since, now - stepMs);
    let latest: number | undefined;
    for (let at = schedule.next(from, context); at !== undefined && at <= now;) {
      latest = at;
      at = schedule.next(at, context);
    }
    if (latest !== undefined || from === since) return latest;
  }
}
