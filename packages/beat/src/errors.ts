import { QError, type QErrorOptions } from "@q/kernel";

/** Kind of a {@link CrontabError}: the name of the exception that Celery raises for the same expression. */
export type CrontabErrorKind = "ParseException" | "ValueError" | "TypeError";

/** A crontab expression cannot be read. The message is Celery's own for the same expression. */
export class CrontabError extends QError {
  readonly code = "ERR_Q_CRONTAB";
  readonly kind: CrontabErrorKind;

  constructor(kind: CrontabErrorKind, message: string, options: QErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** A schedule cannot work: not positive, an unknown time zone or solar event, a place off the globe, never due. */
export class ScheduleError extends QError {
  readonly code = "ERR_Q_SCHEDULE";
}

/** An entry of the schedule cannot be used, or there is none of that name. */
export class EntryError extends QError {
  readonly code = "ERR_Q_BEAT_ENTRY";
}

/** The store of the schedule cannot be opened, read or written; the driver's error is the `cause`. */
export class BeatStoreError extends QError {
  readonly code = "ERR_Q_BEAT_STORE";
}

/** Another process, whose id is in the message, or another beat of this one keeps this schedule file. */
export class BeatLockedError extends QError {
  readonly code = "ERR_Q_BEAT_LOCKED";
}

/** The lease is gone: another beat leads now, and what this one wanted to write was refused. */
export class FencedError extends QError {
  readonly code = "ERR_Q_BEAT_FENCED";
}
