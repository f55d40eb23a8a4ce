import { didYouMean } from "@q/kernel";
import { ScheduleError } from "./errors.ts";
import type { Schedule } from "./schedule.ts";
import { Clocked } from "./schedules/clocked.ts";
import { Crontab, type CrontabOptions, crontabFromString } from "./schedules/crontab.ts";
import { type DurationParts, Interval } from "./schedules/interval.ts";
import { Solar, type SolarEvent } from "./schedules/solar.ts";

/**
 * Everything a schedule can be written as: seconds; a length of time; a crontab line; a schedule; or the forms that
 * survive JSON and YAML. The names of the fields of a crontab may be in snake case, as in Celery.
 */
export type ScheduleSpec =
  | number
  | string
  | DurationParts
  | Schedule
  | { readonly every: number | DurationParts; readonly relative?: boolean }
  | { readonly crontab: string | CrontabOptions; readonly timeZone?: string }
  | { readonly solar: { readonly event: SolarEvent; readonly latitude: number; readonly longitude: number } }
  | { readonly clocked: string | number | Date };

/** Reads a {@link ScheduleSpec}. @throws {ScheduleError} {@link CrontabError} */
export function toSchedule(
  spec: ScheduleSpec,
  options: { relative?: boolean; timeZone?: string } = {},
): Schedule {
  const { relative = false, timeZone } = options;
  const zone = timeZone === undefined ? {} : { timeZone };
  if (typeof spec === "number") return new Interval(spec, { relative });
  if (typeof spec === "string") return crontabFromString(spec, zone);
  if (typeof spec !== "object" || spec === null)
    throw new ScheduleError(`a schedule is a number of seconds, a crontab or an object, not ${typeof spec}`);
  if (isSchedule(spec))
    return relative && spec instanceof Interval ? new Interval(spec.every, { relative }) : spec;
  if ("every" in spec) {
    checkKeys(spec, ["every", "relative"]);
    return new Interval(spec.every, { relative: spec.relative ?? relative });
  }
  if ("crontab" in spec) {
    checkKeys(spec, ["crontab", "timeZone"]);
    return crontabOf(spec, zone);
  }
  if ("solar" in spec) {
    checkKeys(spec, ["solar"]);
    checkKeys(spec.solar, ["event", "latitude", "longitude"]);
    return new Solar(spec.solar.event, spec.solar);
  }
  if ("clocked" in spec) {
    checkKeys(spec, ["clocked"]);
    return new Clocked(spec.clocked);
  }
  return new Interval(spec, { relative });
}

/** By shape: the copy of this package that made it need not be ours. */
function isSchedule(spec: object): spec is Schedule {
  return "next" in spec && typeof spec.next === "function";
}

function crontabOf(
  { crontab, timeZone }: { readonly crontab: string | CrontabOptions; readonly timeZone?: string },
  outer: { readonly timeZone?: string },
): Crontab {
  const zone = timeZone === undefined ? outer : { timeZone };
  return typeof crontab === "string"
    ? crontabFromString(crontab, zone)
    : new Crontab({ ...zone, ...camelKeys(crontab) });
}

const FIELDS = ["minute", "hour", "dayOfWeek", "dayOfMonth", "monthOfYear", "timeZone", "nowfun"];

function camelKeys(fields: object): CrontabOptions {
  const entries = Object.entries(fields).map(([key, value]): [string, unknown] => {
    const name = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [name, value];
  });
  const named = Object.fromEntries(entries);
  checkKeys(named, FIELDS);
  return named;
}

/** A key that nobody reads is a slip of the pen. */
function checkKeys(spec: unknown, known: readonly string[]): void {
  if (typeof spec !== "object" || spec === null)
    throw new ScheduleError(`a schedule has ${known.join(", ")}, and not just ${JSON.stringify(spec)}`);
  const unknown = Object.keys(spec).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new ScheduleError(
    `a schedule of ${known.join(", ")} has no "${unknown}".${didYouMean(unknown, known)}`,
  );
}
