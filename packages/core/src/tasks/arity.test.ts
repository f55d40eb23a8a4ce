import { describe, expect, it } from "vitest";
import { mostArguments } from "./arity.ts";

class Sample {
  async run(_x: number, _y: number): Promise<void> {}
  static *all(_x: number): Generator<number> {
    yield 1;
  }
}

/** Made from text, so that no compiler rewrites it. */
const fromText = (text: string): ((...args: never[]) => unknown) =>
  // oxlint-disable-next-line no-eval -- the text is what is tested
  (0, eval)(`(${text})`) as (...args: never[]) => unknown;

describe("the most arguments of a function", () => {
  it.each([
    ["(x, y) => x", 2],
    ["async (x) => x", 1],
    ["x => x", 1],
    ["async x => x", 1],
    ["() => 1", 0],
    ["function (a, b, c,) {}", 3],
    ["async function* named($a) {}", 1],
    ["(\n  x,\n  y,\n) => 1", 2],
  ])("is known for %s", (text, most) => {
    expect(mostArguments(fromText(text))).toBe(most);
  });

  it("is known for methods", () => {
    expect(mostArguments(new Sample()["run"])).toBe(2);
    expect(mostArguments(Sample["all"])).toBe(1);
  });

  it.each([
    "(x, y = 2) => x",
    "(x, ...rest) => x",
    "({ a }) => a",
    "([a]) => a",
    "function (x) { return arguments.length }",
    "(x /* , y */) => x",
    "((x, y) => x).bind(null)",
    "Math.max",
  ])("is not known for %s", (text) => {
    expect(mostArguments(fromText(text))).toBeUndefined();
  });
});
