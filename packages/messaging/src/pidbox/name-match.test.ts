import { expect, it } from "vitest";
import { matchesName } from "./name-match.ts";

it.each([
  ["w1@wire", "w*@wire", true],
  ["w1@wire", "w?@*", true],
  ["w1@wire", "w[0-9]@wire", true],
  ["w1@wire", "w[!0-9]@wire", false],
  ["w1@wire", "w1", false],
  ["a.b@c", "a.b@c", true],
  ["axb@c", "a.b@c", false],
  ["w]@c", "w[]]@c", true],
  ["w[@c", "w[@c", true],
])("matches %s against the glob %s: %s", (name, pattern, expected) => {
  expect(matchesName(name, pattern, "glob")).toBe(expected);
});

it.each([
  ["w2@wire", "w2@.*", true],
  ["w2@wire", "w2", true],
  ["xw2@wire", "w2", false],
  ["w2@wire", "a|w2@wire", true],
])("matches %s against the expression %s: %s", (name, pattern, expected) => {
  expect(matchesName(name, pattern, "pcre")).toBe(expected);
});

it("does not go mad over many stars, and refuses what is no pattern", () => {
  expect(matchesName("a".repeat(100), `${"*".repeat(400)}b`, "glob")).toBe(false);
  expect(() => matchesName("a", "a".repeat(501), "glob")).toThrow(TypeError);
  expect(() => matchesName("a", "(", "pcre")).toThrow(SyntaxError);
  expect(() => matchesName("a", "a", "soundex")).toThrow(/no matcher/);
});
