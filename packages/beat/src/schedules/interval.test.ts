import { describe, expect, it } from "vitest";
import { ScheduleError } from "../errors.ts";
import { isDue, remainingEstimate } from "../schedule.ts";
import { instant, isSame, vectors } from "../testing/vectors.fixture.ts";
import { Zone } from "../time/zone.ts";
import { humanSeconds, interval } from "./interval.ts";

interface IntervalCase {
  readonly tz: string;
  readonly every: number;
  readonly relative: boolean;
  readonly last: string;
  readonly now: string;
  readonly rem: number;
  readonly due: readonly [isDue: boolean, next: number];
}

const recorded = vectors<{
  readonly cases: readonly IntervalCase[];
  readonly human_seconds: readonly (readonly [number, string])[];
}>("interval");
const positive = recorded.cases.filter(({ every }) => every > 0);

/** Celery adds on the clock on the wall: over a change its interval is longer or shorter by the change. */
function shiftOf(one: IntervalCase): number {
  const zone = Zone.of(one.tz);
  const last = instant(one.last);
  const { at, skipped } = zone.instants(zone.wall(last) + one.every * 1000);
  const celerys = at[0] ?? Number(skipped?.at) - Number(skipped?.beforeMs);
  return (celerys - last) / 1000 - one.every;
}

describe("recorded intervals", () => {
  it("counts like Celery; by elapsed time where Celery counts on the wall, and never backwards", () => {
    const reasons = new Map<string, number>();
    for (const one of positive) {
      const options = { lastRunAt: instant(one.last), now: instant(one.now), timeZone: one.tz };
      const schedule = interval(one.every, { relative: one.relative });
      const remaining = remainingEstimate(schedule, options);
      const due = isDue(schedule, options);
      const reason = ((): string => {
        if (isSame(remaining, one.rem) && due.isDue === one.due[0] && isSame(due.next, one.due[1]))
          return "same";
        if (!one.relative && isSame(one.rem - remaining, shiftOf(one))) return "the clock was changed";
        if (one.relative && one.every < 1) return "less than the second it is rounded to";
        if (one.relative && isSame(remaining, one.rem) && due.isDue && one.due[1] === one.every)
          return "next look";
        return expect.fail(JSON.stringify([one, remaining, due]));
      })();
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({
      same: expect.any(Number),
      "the clock was changed": 15,
      "less than the second it is rounded to": expect.any(Number),
      // Celery looks again after a whole interval, although a relative entry is due earlier.
      "next look": expect.any(Number),
    });
    expect(reasons.get("same")).toBeGreaterThan(300);
  });

  it("says how long an interval is as Celery does", () => {
    const whole = recorded.human_seconds.filter(([seconds]) => seconds <= 0 || seconds >= 1);
    expect(whole.map(([seconds]) => humanSeconds(seconds))).toEqual(whole.map(([, text]) => text));
  });
});

describe("Interval", () => {
  it.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses %s seconds, with which Celery never rests",
    (every) => {
      expect(() => interval(every)).toThrow(ScheduleError);
    },
  );

  it("takes a length of time in parts", () => {
    expect(interval({ days: 1, hours: 2, minutes: 3, seconds: 4 }).every).toBe(93_784);
    expect(interval({ weeks: 1 }).every).toBe(604_800);
  });

  it("keeps the local time of whole days when it is relative", () => {
    const daily = interval({ days: 1 }, { relative: true });
    const runs: string[] = [];
    let at = Date.parse("2026-10-23T10:00:00Z");
    for (let run = 0; run < 4; run++) {
      at = daily.next(at, { timeZone: "Europe/Berlin" });
      runs.push(new Date(at).toISOString());
    }
    // The clock is put back on the 25th.
    expect(runs).toEqual([
      "2026-10-23T22:00:00.000Z",
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
      "2026-10-26T23:00:00.000Z",
    ]);
  });

  it("finds the latest of many missed occurrences without walking over them", () => {
    expect(interval(0.001).latest(0, 1e12, { timeZone: "UTC" })).toBe(1e12);
    expect(interval(7).latest(0, 6999, { timeZone: "UTC" })).toBeUndefined();
  });
});
