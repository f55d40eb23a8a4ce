import { IANAZone } from "luxon";
import { describe, expect, it } from "vitest";
import { type Crontab, crontabFromString } from "./crontab.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * HOUR;
const FROM = Date.parse("2020-01-01T00:00:00Z");
const FULL = process.env["Q_TEST_FULL"] === "1";
const YEARS = FULL ? 10 : 2;
const TO = Date.parse(`${2020 + YEARS}-01-01T00:00:00Z`);
const ALL = Intl.supportedValuesOf("timeZone");

/** Changes by an hour, by half an hour, at midnight, in Ramadan, backwards (Dublin), by two hours (Troll), or never. */
const SAMPLE = [
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "America/Havana",
  "Africa/Casablanca",
  "Europe/Dublin",
  "Antarctica/Troll",
  "Asia/Tehran",
  "Pacific/Chatham",
  "Asia/Kathmandu",
];
const ZONES = FULL ? ALL : SAMPLE;
const LINES = [
  "0 * * * *",
  "*/20 * * * *",
  "30 2 * * *",
  "*/20 0-3 * * *",
  "0 0 * * *",
  "15 1 1 * *",
  "59 23 * * sun",
];

/** Every schedule's occurrences around the changes of a zone, worked out minute by minute from the rule alone. */
function changesOf(zone: IANAZone): number[] {
  const changes: number[] = [];
  for (let day = FROM; day < TO; day += DAY) {
    if (zone.offset(day) === zone.offset(day + DAY)) continue;
    let at = day;
    while (zone.offset(at) === zone.offset(at + MINUTE)) at += MINUTE;
    changes.push(at + MINUTE);
  }
  return changes;
}

function matches({ fields }: Crontab, wall: number): boolean {
  const date = new Date(wall);
  return (
    fields.minute.includes(date.getUTCMinutes()) &&
    fields.hour.includes(date.getUTCHours()) &&
    fields.dayOfMonth.includes(date.getUTCDate()) &&
    fields.monthOfYear.includes(date.getUTCMonth() + 1) &&
    fields.dayOfWeek.includes(date.getUTCDay())
  );
}

/** The rule, as the guide states it: for one minute after another, does it come? */
function expectedAround(schedule: Crontab, zone: IANAZone, change: number): number[] {
  const [before, after] = [change - MINUTE, change].map((at) => zone.offset(at) * MINUTE) as [number, number];
  const isEveryHour = schedule.fields.hour.length === 24;
  const expected = new Set<number>();
  for (let at = change - 36 * HOUR; at < change + 36 * HOUR; at += MINUTE) {
    const offset = at < change ? before : after;
    const wall = at + offset;
    const isRepeated = at >= change && wall < change + before;
    if (matches(schedule, wall) && (isEveryHour || !isRepeated)) expected.add(at);
    // A time that is left out comes when the old clock would have shown it.
    const isShadow = at >= change && at < change + (after - before);
    if (isShadow && matches(schedule, at + before)) expected.add(at);
  }
  return [...expected].sort((a, b) => a - b);
}

function occurrences(
  schedule: Crontab,
  timeZone: string,
  { from, to }: { from: number; to: number },
): number[] {
  const found: number[] = [];
  for (let at = schedule.next(from - 1, { timeZone }); at !== undefined && at < to;) {
    found.push(at);
    const next = schedule.next(at, { timeZone });
    if (next !== undefined && next <= at)
      throw new Error(`${String(schedule)} in ${timeZone}: ${next} after ${at}`);
    at = next;
  }
  return found;
}

describe.each(ZONES)("crontabs in %s", (name) => {
  const zone = IANAZone.create(name);
  const changes = changesOf(zone);

  it("comes at every change of the clock when the rule says", () => {
    for (const line of LINES) {
      const schedule = crontabFromString(line);
      for (const change of changes) {
        const wanted = expectedAround(schedule, zone, change);
        const found = occurrences(schedule, name, { from: change - 36 * HOUR, to: change + 36 * HOUR });
        expect(found, `${line} around ${new Date(change).toISOString()}`).toEqual(wanted);
      }
    }
  });

  it("comes once on every day that the calendar of the zone has", () => {
    const daily = occurrences(crontabFromString("30 12 * * *"), name, { from: FROM, to: TO });
    const days = new Set(daily.map((at) => Math.floor((at + zone.offset(at) * MINUTE) / DAY)));
    expect(days.size).toBe(daily.length);
    expect(Math.abs(daily.length - (TO - FROM) / DAY)).toBeLessThanOrEqual(1);
  });
});
