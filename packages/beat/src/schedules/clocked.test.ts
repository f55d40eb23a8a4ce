import { expect, it } from "vitest";
import { ScheduleError } from "../errors.ts";
import { clocked } from "./clocked.ts";

it("comes once", () => {
  const schedule = clocked("2026-12-24T18:00:00+01:00");
  const at = Date.parse("2026-12-24T17:00:00Z");
  expect([schedule.next(at - 1), schedule.next(at)]).toEqual([at, undefined]);
});

it("refuses what is no time", () => {
  expect(() => clocked("tomorrow")).toThrow(ScheduleError);
});
