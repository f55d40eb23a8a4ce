import { expect, it } from "vitest";
import { seconds } from "./duration.ts";

it.each([
  [90, 90],
  ["1.5", 1.5],
  [{ days: 1 }, 86_400],
  [{ weeks: 1, hours: 1, minutes: 2, seconds: 3.5 }, 608_523.5],
  ["PT1H30M", 5400],
  ["P1DT2H", 93_600],
  ["P2W", 1_209_600],
  ["pt0.5s", 0.5],
  [{ minutes: "5" }, 300],
])("reads %j as %d seconds", (value, expected) => {
  expect(seconds.parse(value)).toBe(expected);
});

it.each([
  [-1],
  ["P"],
  ["PT"],
  ["P1Y"],
  ["P1M"],
  [{}],
  [{ months: 1 }],
  [{ days: "many" }],
  ["soon"],
  [null],
  [true],
])("refuses %j", (value) => {
  expect(seconds.parse(value)).toBeUndefined();
});
