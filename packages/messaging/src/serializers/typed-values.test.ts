import { describe, expect, it } from "vitest";
import { Decimal, PlainDate, PlainTime, Uuid } from "./typed-values.ts";

describe("typed values", () => {
  it("read and write the texts of Python", () => {
    expect(String(PlainDate.parse("2026-01-02T05:00:00"))).toBe("2026-01-02");
    expect(String(new PlainDate(33, 4, 5))).toBe("0033-04-05");
    expect(String(PlainTime.parse("03:04"))).toBe("03:04:00");
    expect(String(PlainTime.parse("03:04:05.5-03:30"))).toBe("03:04:05.500000-03:30");
    expect(String(new Uuid("{12345678-1234-5678-1234-56781234567A}"))).toBe(
      "12345678-1234-5678-1234-56781234567a",
    );
    expect(JSON.stringify([new Decimal(5n), new Decimal("-Infinity"), new Decimal("sNaN12")])).toBe(
      '["5","-Infinity","sNaN12"]',
    );
  });

  it("refuse what is not", () => {
    expect(() => new PlainDate(2026, 2, 29)).toThrow(RangeError);
    expect(() => new PlainDate(0, 1, 1)).toThrow(RangeError);
    expect(() => PlainDate.parse("2026-1-2")).toThrow(RangeError);
    expect(() => PlainTime.parse("24:00")).toThrow(RangeError);
    expect(() => new PlainTime({ hour: 1.5 })).toThrow(RangeError);
    expect(() => new Decimal("1,5")).toThrow(RangeError);
    expect(() => new Decimal("")).toThrow(RangeError);
    expect(() => new Uuid("1234")).toThrow(RangeError);
  });

  it("cannot be changed", () => {
    for (const value of [
      new PlainDate(2026, 1, 2),
      PlainTime.parse("03:04"),
      new Decimal(1),
      new Uuid("0".repeat(32)),
    ]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
  });

  it("give a decimal as the nearest number", () => {
    const numbers = ["1.10", "1E+5", "-inf", "NaN"].map((text) => new Decimal(text).toNumber());
    expect(numbers).toEqual([1.1, 100_000, -Infinity, NaN]);
  });
});
