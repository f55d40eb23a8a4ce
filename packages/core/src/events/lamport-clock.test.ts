import { expect, it } from "vitest";
import { LamportClock } from "./lamport-clock.ts";

it("counts what is sent, and goes past what is received", () => {
  const clock = new LamportClock();
  expect([clock.forward(), clock.forward()]).toEqual([1, 2]);
  expect([clock.adjust(10), clock.adjust(3), clock.forward()]).toEqual([11, 12, 13]);
});

it.each([["text"], [null], [undefined], [1.5], [NaN], [2 ** 60], [-Infinity]])(
  "is not thrown off course by %s",
  (value) => {
    expect(new LamportClock(5).adjust(value)).toBe(6);
  },
);
