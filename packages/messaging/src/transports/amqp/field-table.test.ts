import { describe, expect, it } from "vitest";
import { plainTable, typedTable } from "./field-table.ts";

describe("typedTable", () => {
  it("leaves a table alone when the driver would write it as Python does", () => {
    const table = {
      task: "t.add",
      eta: null,
      retries: 0,
      timelimit: [null, null],
      stamps: {},
      x: 1.5,
      ok: true,
    };
    expect(typedTable(table)).toBe(table);
  });

  it("writes integers as 32 or 64 bits, also inside lists and tables", () => {
    expect(typedTable({ a: 300, b: -1, c: [1, 70_000], d: { e: 2 ** 40 } })).toEqual({
      a: { "!": "int", value: 300 },
      b: { "!": "int", value: -1 },
      c: [1, { "!": "int", value: 70_000 }],
      d: { e: { "!": "long", value: 2 ** 40 } },
    });
  });

  it("passes timestamps and decimals on as the driver showed them", () => {
    const table = { at: { "!": "timestamp", value: 1_700_000_000 } };
    expect(typedTable(table)).toBe(table);
  });
});

describe("plainTable", () => {
  it("does not take values from a received __proto__", () => {
    const received: Record<string, unknown> = { id: "1" };
    Object.setPrototypeOf(received, { task: "evil" });
    expect(plainTable(received)["task"]).toBeUndefined();
    expect(plainTable(received)).toEqual({ id: "1" });
  });

  it("makes an absent table empty", () => {
    expect(plainTable(undefined)).toEqual({});
  });
});
