import { expect, test } from "vitest";
import { median, percentile } from "./statistics.ts";

test("the median of an odd number of values is the middle one", () => {
  expect(median([9, 1, 5])).toBe(5);
});

test("the median of an even number of values is the mean of the middle two", () => {
  expect(median([4, 1, 2, 9])).toBe(3);
});

test("no values have no median", () => {
  expect(median([])).toBeNaN();
});

test("percentiles count from the smallest value and never pass the largest", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(values, 0.5)).toBe(51);
  expect(percentile(values, 0.99)).toBe(100);
  expect(percentile(values, 1)).toBe(100);
});
