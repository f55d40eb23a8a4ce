import { FakeClock } from "@q/kernel/testing";
import { stampTexts } from "@q/core/internal/control";
import { expect, it } from "vitest";
import { matchingStamps, RevokedStamps } from "./revoked-stamps.ts";

it("covers tasks by one of their stamps, single or in a list", () => {
  const revoked = new RevokedStamps(new FakeClock());
  expect(revoked.covers({ stamp: "a" })).toBe(false);
  revoked.merge(stampTexts(Object.entries({ stamp: ["a", "b"], other: 1 })));
  const covers = (stamps: object): boolean => revoked.covers(stamps as Readonly<Record<string, unknown>>);
  expect([{ stamp: "a" }, { stamp: ["x", "b"] }, { other: 1 }].map(covers)).toEqual([true, true, true]);
  const others = [{ stamp: "c" }, { stamp: [] }, { foreign: "a" }, { other: "1" }, {}];
  expect(others.map(covers)).toEqual(others.map(() => false));
});

it("says which values match", () => {
  const listed = new Map([["stamp", new Set(["a", "b"])]]);
  expect([...matchingStamps({ stamp: ["b", "c"], other: "a" }, listed)]).toEqual([["stamp", ["b"]]]);
});
