import { expectTypeOf, test } from "vitest";
import { Beat } from "./beat.ts";
import type { EntryOptions } from "./entry.ts";
import type { Run } from "./run.ts";
import { clocked } from "./schedules/clocked.ts";
import { crontab } from "./schedules/crontab.ts";
import { interval } from "./schedules/interval.ts";
import { solar } from "./schedules/solar.ts";
import type { Schedule } from "./schedule.ts";

const send = (): void => {};
const schedule = 1;

test("a schedule is written in many ways", () => {
  const own: Schedule = { next: (after) => after + 1, toString: () => "own" };
  const schedules: EntryOptions["schedule"][] = [
    ...[30, "0 4 * * mon-fri", { minutes: 5 }, { every: 5, relative: true }, { every: { hours: 1 } }],
    ...[{ crontab: "* * * * *", timeZone: "UTC" }, { crontab: { minute: [0, 30], hour: "*/2" } }],
    ...[{ solar: { event: "sunset", latitude: 1, longitude: 2 } } as const, { clocked: new Date() }],
    ...[crontab(), interval(5), solar("sunrise", 1, 2), clocked("2030-01-01"), own],
  ];
  expectTypeOf(schedules).not.toBeAny();
});

test("what a schedule has not does not compile", () => {
  const entry = (_entry: EntryOptions): void => {};
  // @ts-expect-error minuts
  entry({ task: "t", schedule: { minuts: 5 } });
  // @ts-expect-error a text for a number
  entry({ task: "t", schedule: { minutes: "5" } });
  // @ts-expect-error minutes
  entry({ task: "t", schedule: { crontab: { minutes: 5 } } });
  // @ts-expect-error sunrize
  entry({ task: "t", schedule: { solar: { event: "sunrize", latitude: 1, longitude: 2 } } });
  // @ts-expect-error minutes
  crontab({ minutes: 5 });
  // @ts-expect-error noon
  solar("noon", 1, 2);
});

test("what an entry or a beat has not does not compile", () => {
  const beat = new Beat({ send });
  // @ts-expect-error no schedule
  void beat.add("a", { task: "t" });
  // @ts-expect-error shedule
  void beat.add("a", { task: "t", schedule, shedule: 2 });
  // @ts-expect-error never
  void beat.change("a", { misfire: "never" });
  // @ts-expect-error a text for a list
  void beat.add("a", { task: "t", schedule, args: "x" });
  // @ts-expect-error a list for an object
  void beat.add("a", { task: "t", schedule, kwargs: [1] });
  // @ts-expect-error timezone
  new Beat({ send, timezone: "UTC" });
  // @ts-expect-error entries have names
  new Beat({ send, entries: [{ task: "t", schedule }] });
});

test("a run says what is sent", () => {
  new Beat({ send: (run) => expectTypeOf(run).toEqualTypeOf<Run>() });
});
