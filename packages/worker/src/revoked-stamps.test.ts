import { expect, it } from "vitest";
import { matchingStamps, RevokedStamps } from "./revoked-stamps.ts";

it("knows tasks by one of their stamps, single or in a list", () => {
  const revoked = new RevokedStamps();
  expect([revoked.isEmpty, revoked.has({ stamp: "a" })]).toEqual([true, false]);
  revoked.add("stamp", ["a", "b"]);
  revoked.add("other", [1]);
  expect(revoked.isEmpty).toBe(false);
  expect([{ stamp: "a" }, { stamp: ["x", "b"] }, { other: 1 }].map((stamps) => revoked.has(stamps))).toEqual([
    true,
    true,
    true,
  ]);
  expect([{ stamp: "c" }, { stamp: [] }, { foreign: "a" }, {}].map((stamps) => revoked.has(stamps))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

it("holds a bounded number of values per header: the oldest go", () => {
  const revoked = new RevokedStamps();
  for (let n = 0; n < 10_001; n++) revoked.add("n", [n]);
  expect([revoked.has({ n: 0 }), revoked.has({ n: 1 }), revoked.has({ n: 10_000 })]).toEqual([
    false,
    true,
    true,
  ]);
});

it("says which values match", () => {
  const listed = new Map([["stamp", new Set(["a", "b"])]]);
  expect([...matchingStamps({ stamp: ["b", "c"], other: "a" }, listed)]).toEqual([["stamp", ["b"]]]);
});
