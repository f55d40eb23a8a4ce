import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorRepr, pythonRepr, pythonReprTuple } from "./python-repr.ts";

interface Case {
  readonly v: unknown;
  readonly tuple: boolean;
  readonly maxlen: number | null;
  readonly out: string;
}

const file = new URL("../../../../test-integration/vectors/saferepr.json", import.meta.url);
/** One case per line. */
const lines = readFileSync(file, "utf8")
  .split("\n")
  .map((line) => line.trim().replace(/,$/, ""))
  .filter((line) => line.startsWith('{"v"'));

/** Python tells 1.0 from 1 and has integers of any size; `JSON.parse` has neither. */
function isLostInParsing(line: string): boolean {
  const value = line.slice(0, line.lastIndexOf(', "tuple"'));
  const numbers = value.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? [];
  return numbers.some((text) =>
    /[.eE]/.test(text) ? Number.isInteger(Number(text)) : !Number.isSafeInteger(Number(text)),
  );
}

function repr({ v, tuple, maxlen }: Case): string {
  const limit = maxlen ?? Infinity;
  return tuple ? pythonReprTuple(v as unknown[], limit) : pythonRepr(v, limit);
}

describe("values in Python's notation", () => {
  it("are those of Celery's saferepr, for every recorded value that JavaScript can hold", () => {
    const comparable = lines.filter((line) => !isLostInParsing(line)).map((line) => JSON.parse(line) as Case);
    expect([lines.length, comparable.length]).toEqual([411, 291]);
    for (const one of comparable) expect({ ...one, out: repr(one) }).toEqual(one);
  });

  it.each([
    [undefined, "None"],
    [10n ** 30n, "1000000000000000000000000000000"],
    [Number.NaN, "nan"],
    [-Infinity, "-inf"],
    [1e-7, "1e-07"],
    [Buffer.from("secret"), "<6 bytes>"],
    [new Date(0), "datetime(1970-01-01T00:00:00.000Z)"],
    [new Map([["a", 1]]), "{'a': 1}"],
    [new TypeError("boom"), "TypeError('boom')"],
    [Symbol("x"), "Symbol(x)"],
  ])("have a text for %s", (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });

  it("end where a value contains itself", () => {
    const cycle: unknown[] = [1];
    cycle.push(cycle);
    expect(pythonRepr(cycle)).toBe("[1, [1, [1, [...]]]]");
  });

  it("do not run over the budget by more than the closing brackets and one cut value", () => {
    expect(pythonRepr("x".repeat(10_000), 100).length).toBeLessThan(110);
    expect(
      pythonRepr(
        Array.from({ length: 10_000 }, (_, n) => n),
        100,
      ).length,
    ).toBeLessThan(120);
  });
});

describe("an error in Python's notation", () => {
  it("shows its own arguments when it has them, else its message", () => {
    expect(errorRepr(new RangeError("it's wrong"))).toBe("RangeError('it\\'s wrong')");
    expect(errorRepr(Object.assign(new Error("m"), { args: ["boom", 42] }))).toBe("Error('boom', 42)");
  });
});
