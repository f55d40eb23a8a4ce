import { didYouMean, QError } from "@q/kernel";
import { EntryError } from "./errors.ts";
import type { Schedule } from "./schedule.ts";
import { type ScheduleSpec, toSchedule } from "./schedule-spec.ts";
import { Zone } from "./time/zone.ts";

/** What happens to occurrences whose time passed while no beat ran, or that were jumped over by the clock. */
export type MisfirePolicy = "once" | "skip" | "all";

/** An entry as it is written. Only `task` and `schedule` are needed. */
export interface EntryOptions {
  /** Name of the task. */
  readonly task: string;
  readonly schedule: ScheduleSpec;
  /** A function among them is called when the task is sent, and its value takes its place. */
  readonly args?: readonly unknown[];
  /** Keyword arguments; functions as in `args`. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Options of the call, such as `queue` or `expires`; they reach the sender as they are. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Intervals go by the clock. Default false. */
  readonly relative?: boolean;
  /** Default true. */
  readonly enabled?: boolean;
  /** Time zone of a crontab. Default: that of the beat. */
  readonly timeZone?: string;
  /** Seconds: each occurrence is sent up to so much later; how much is the same in every beat. Default 0. */
  readonly jitter?: number;
  /** Default `once`: however many were missed, the latest of them is sent. */
  readonly misfire?: MisfirePolicy;
  /** Seconds: occurrences missed for longer are not sent. Default no limit. */
  readonly misfireWindow?: number;
  /** `skip`: an occurrence is left out while the run before it has not ended. Default `allow`. */
  readonly overlap?: "allow" | "skip";
  /** The entry ends after so many runs. Default no limit. */
  readonly maxRuns?: number;
  /** No occurrence before; an interval has its first one then. */
  readonly startAt?: Date | string | number;
  /** No occurrence after. */
  readonly endAt?: Date | string | number;
}

/** An entry in the form that stores keep. */
export type EntryJson = Readonly<Record<string, unknown>>;

const FIELDS: readonly (keyof EntryOptions)[] = [
  "task",
  "schedule",
  "args",
  "kwargs",
  "options",
  "relative",
  "enabled",
  "timeZone",
  "jitter",
  "misfire",
  "misfireWindow",
  "overlap",
  "maxRuns",
  "startAt",
  "endAt",
];

/** An entry that was read and found to work. Immutable. */
export class Entry {
  readonly name: string;
  readonly task: string;
  readonly schedule: Schedule;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly enabled: boolean;
  readonly jitterMs: number;
  readonly misfire: MisfirePolicy;
  readonly misfireWindowMs: number;
  readonly overlap: "allow" | "skip";
  readonly maxRuns: number;
  readonly startAt: number;
  readonly endAt: number;
  /** Zone in which its schedule is read. */
  readonly timeZone: string;
  /** Where its times come from: an entry whose identity changes starts anew. */
  readonly identity: string;
  readonly #written: EntryOptions;

  /** @throws {EntryError} that names the entry and the field; the error of the schedule is its cause */
  constructor(
    name: string,
    written: EntryOptions,
    defaults: { timeZone: string; misfireWindow?: number | undefined },
  ) {
    checkFields(name, written);
    this.name = name;
    this.#written = written;
    this.timeZone = written.timeZone ?? defaults.timeZone;
    this.task = written.task;
    this.schedule = scheduleOf(name, written, this.timeZone);
    this.args = written.args ?? [];
    this.kwargs = written.kwargs ?? {};
    this.options = written.options ?? {};
    this.enabled = written.enabled ?? true;
    this.jitterMs = seconds(name, "jitter", written.jitter ?? 0);
    this.misfire = written.misfire ?? "once";
    this.misfireWindowMs = seconds(
      name,
      "misfireWindow",
      written.misfireWindow ?? defaults.misfireWindow ?? Infinity,
    );
    this.overlap = written.overlap ?? "allow";
    this.maxRuns = written.maxRuns ?? Infinity;
    this.startAt = instantOf(name, "startAt", written.startAt) ?? -Infinity;
    this.endAt = instantOf(name, "endAt", written.endAt) ?? Infinity;
    if (this.endAt < this.startAt) throw new EntryError(`entry "${name}": endAt is before startAt`);
    this.identity = `${this.schedule.toString()} ${this.timeZone}`;
  }

  /** The entry as it was written. */
  get written(): EntryOptions {
    return this.#written;
  }

  /** The first occurrence after `since` within the life of the entry, not counting its runs. */
  next(since: number): number | undefined {
    const context = { timeZone: this.timeZone };
    const { schedule, startAt, endAt } = this;
    const at = since < startAt ? this.#first(startAt) : schedule.next(since, context);
    return at === undefined || at > endAt ? undefined : at;
  }

  #first(start: number): number | undefined {
    const { schedule, timeZone } = this;
    return schedule.first ? schedule.first(start, { timeZone }) : schedule.next(start - 1, { timeZone });
  }

  /** @throws {EntryError} when the entry holds what JSON does not keep: functions, or a schedule without `toJSON` */
  toJSON(): EntryJson {
    return entryJson(this.name, this.#written, this.schedule);
  }
}

/** The stored form of an entry. */
function entryJson(name: string, written: EntryOptions, schedule: Schedule): EntryJson {
  if (schedule.toJSON === undefined)
    throw new EntryError(
      `the schedule of entry "${name}" cannot be stored: give it a toJSON that toSchedule reads`,
    );
  const values = [...(written.args ?? []), ...Object.values(written.kwargs ?? {})];
  if (values.some((value) => typeof value === "function"))
    throw new EntryError(`entry "${name}" has a function among its arguments, which cannot be stored`);
  const { relative: _, ...rest } = written;
  return JSON.parse(JSON.stringify({ ...rest, schedule: schedule.toJSON() })) as EntryJson;
}

function scheduleOf(name: string, { schedule, relative = false }: EntryOptions, timeZone: string): Schedule {
  try {
    Zone.of(timeZone);
    return toSchedule(schedule, { relative });
  } catch (error) {
    if (!QError.is(error)) throw error;
    throw new EntryError(`entry "${name}": ${error.message}`, { cause: error });
  }
}

function checkFields(name: string, written: EntryOptions): void {
  if (typeof name !== "string" || name === "") throw new EntryError("an entry has no name");
  if (typeof written !== "object" || written === null)
    throw new EntryError(`entry "${name}" is not an object`);
  const fail = (what: string): never => {
    throw new EntryError(`entry "${name}": ${what}`);
  };
  const unknown = Object.keys(written).find((key) => !FIELDS.includes(key as keyof EntryOptions));
  if (unknown !== undefined) fail(`there is no field "${unknown}".${didYouMean(unknown, FIELDS)}`);
  if (typeof written.task !== "string" || written.task === "") fail("it names no task");
  if (written.schedule === undefined) fail("it has no schedule");
  if (written.args !== undefined && !Array.isArray(written.args)) fail("args is not a list");
  if (!isOptionalRecord(written.kwargs)) fail("kwargs is not an object");
  if (!isOptionalRecord(written.options)) fail("options is not an object");
  if (!["once", "skip", "all"].includes(written.misfire ?? "once"))
    fail(`misfire is "once", "skip" or "all"`);
  if (!["allow", "skip"].includes(written.overlap ?? "allow")) fail(`overlap is "allow" or "skip"`);
  for (const field of ["relative", "enabled"] as const)
    if (typeof (written[field] ?? false) !== "boolean") fail(`${field} is true or false`);
  const { maxRuns = 1 } = written;
  if (!(Number.isInteger(maxRuns) && maxRuns > 0)) fail("maxRuns is not a positive whole number");
}

function isOptionalRecord(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value));
}

function seconds(name: string, field: string, value: number): number {
  if (typeof value === "number" && value >= 0 && (value < Infinity || field === "misfireWindow"))
    return value * 1000;
  throw new EntryError(`entry "${name}": ${field} is not a number of seconds`);
}

function instantOf(
  name: string,
  field: string,
  value: Date | string | number | undefined,
): number | undefined {
  if (value === undefined) return undefined;
  const at = new Date(value).getTime();
  if (Number.isNaN(at)) throw new EntryError(`entry "${name}": ${field} is not a time`);
  return at;
}
