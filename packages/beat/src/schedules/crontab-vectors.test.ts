import { describe, expect, it } from "vitest";
import { ScheduleError } from "../errors.ts";
import { isDue, remainingEstimate } from "../schedule.ts";
import { instant, isSame, vectors } from "../testing/vectors.fixture.ts";
import { Zone } from "../time/zone.ts";
import { type Crontab, crontab } from "./crontab.ts";
import type { Cronspec } from "./crontab-parser.ts";

interface CrontabCase {
  readonly tz: string;
  readonly f: readonly Cronspec[];
  readonly last: string;
  readonly now: string;
  /** The zone of `last` when it is not that of the app. */
  readonly last_zone?: string | null;
  readonly deadline?: number;
  readonly rem: number;
  readonly due: readonly [isDue: boolean, next: number];
  readonly runs?: readonly string[];
  readonly error?: readonly [string, string];
}

const recorded = vectors<{ readonly cases: readonly CrontabCase[] }>("crontab").cases;
const valid = recorded.filter(({ error }) => error === undefined);
/** Zones whose governments have changed their rules between the data of that Python and of this Node. */
const changed = new Set(valid.filter((one) => !hasSameOffsets(one)).map(({ tz }) => tz));
const works = valid.filter(({ tz }) => !changed.has(tz));
const show = (one: CrontabCase): string => JSON.stringify(one);

function hasSameOffsets({ tz, now, runs = [] }: CrontabCase): boolean {
  return [now, ...runs].every((text) => {
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)(?::\d\d)?$/.exec(text) ?? [];
    const offset = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
    return Zone.of(tz).offset(instant(text)) === offset * 60_000;
  });
}

const times = ({ last, now }: CrontabCase): { last: number; now: number } => ({
  last: instant(last),
  now: instant(now),
});

function scheduleOf({ f }: CrontabCase): Crontab {
  const [minute = "*", hour = "*", dayOfWeek = "*", dayOfMonth = "*", monthOfYear = "*"] = f;
  return crontab({ minute, hour, dayOfWeek, dayOfMonth, monthOfYear });
}

/** Celery evaluates the fields in the zone that `last_run_at` comes in; here they always mean the zone of the app. */
const zoneOfLast = (one: CrontabCase): string => (one.last_zone === "UTC" ? "UTC" : one.tz);
const day = (ms: number, zone: string): number => Math.floor(Zone.of(zone).wall(ms) / 86_400_000);

/** Celery looks at the minutes left in the hour of the last run only while it is still that day; later it leaves them out. */
const isAnotherDay = (one: CrontabCase): boolean => {
  const { last, now } = times(one);
  return day(last, zoneOfLast(one)) !== day(now, one.tz);
};

function difference(one: CrontabCase): string | undefined {
  const { last: lastRunAt, now } = times(one);
  const schedule = scheduleOf(one);
  const remaining = remainingEstimate(schedule, { lastRunAt, now, timeZone: zoneOfLast(one) });
  const due = isDue(schedule, { lastRunAt, now, timeZone: one.tz, startingDeadline: one.deadline });
  const hasSameRest = isSame(remaining, one.rem) || (remaining <= 0 && one.rem <= 0 && isAnotherDay(one));
  const hasSameDue = due.isDue === one.due[0] && isSame(due.next, one.due[1]);
  if (hasSameRest && (hasSameDue || one.last_zone === "UTC")) return undefined;
  if (isAnotherDay(one) && !hasSameRest)
    return "forgets the rest of the hour of the last run once the day is over";
  if (one.deadline !== undefined && !hasSameDue) return "misjudges the latest missed run";
  return `no reason known for ${show(one)}`;
}

function followed(one: CrontabCase): string[] {
  const schedule = scheduleOf(one);
  const runs: string[] = [];
  let at = instant(one.now);
  for (const _ of one.runs ?? []) {
    at = schedule.next(at, { timeZone: one.tz }) ?? Number.NaN;
    runs.push(new Date(at).toISOString());
  }
  return runs;
}

const asUtc = (runs: readonly string[] = []): string[] => runs.map((run) => new Date(run).toISOString());

/** Why there is a run that Celery does not make. */
function whyExtra(one: CrontabCase, run: number): string | undefined {
  const zone = Zone.of(one.tz);
  const { at } = zone.instants(zone.wall(run));
  const isEveryHour = scheduleOf(one).fields.hour.length === 24;
  if (isEveryHour && at.length === 2 && at[1] === run) return "in the repeated hour";
  const change = zone.transitionNear(run);
  // Celery goes on from where the first of the left-out times has put it, and forgets the others.
  const isLeftOut = change !== undefined && zone.instants(run + change.beforeMs).skipped !== undefined;
  return isLeftOut ? "one of several times that were left out" : undefined;
}

describe("recorded crontabs", () => {
  it("gives the remaining time and what is due as Celery does, but for two slips of Celery's", () => {
    const counts = new Map<string, number>();
    for (const one of works) {
      const found = difference(one);
      if (found !== undefined) counts.set(found, (counts.get(found) ?? 0) + 1);
    }
    expect(works.length).toBeGreaterThan(3400);
    expect([...counts.keys()].toSorted()).toEqual([
      "forgets the rest of the hour of the last run once the day is over",
      "misjudges the latest missed run",
    ]);
    expect(Math.max(...counts.values())).toBeLessThan(5);
  });

  it("refuses dates that never come, which Celery finds out when it first looks", () => {
    const never = recorded.filter(({ error }) => error?.[0] === "RuntimeError");
    expect(never.length).toBeGreaterThan(20);
    for (const one of never) expect(() => scheduleOf(one), show(one)).toThrow(ScheduleError);
  });

  it("follows the same runs over every change of the clock, with more runs in repeated and left-out hours", () => {
    const series = works.filter(({ runs }) => runs !== undefined);
    const different = series.filter((one) => followed(one).join() !== asUtc(one.runs).join());
    expect(series.length).toBeGreaterThan(700);
    expect(different.length).toBeLessThan(36);
    for (const one of different) {
      const [celerys, ours] = [asUtc(one.runs), followed(one)];
      const common = [celerys, ours].map((runs) => runs.at(-1) ?? "").sort()[0] ?? "";
      expect(
        celerys.filter((run) => run <= common && !ours.includes(run)),
        show(one),
      ).toEqual([]);
      const extra = ours.filter((run) => run <= common && !celerys.includes(run));
      expect(extra.length, show(one)).toBeGreaterThan(0);
      for (const run of extra) expect(whyExtra(one, Date.parse(run)), `${run} in ${show(one)}`).toBeDefined();
    }
  });
});
