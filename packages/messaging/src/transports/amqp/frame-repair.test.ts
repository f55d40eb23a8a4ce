import { describe, expect, it } from "vitest";
import { repairHeaderFrame } from "./frame-repair.ts";

/** A content header frame with a content type and these header bytes, and what follows it. */
function headerFrame(table: Buffer, rest: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xa0, 0]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(table.length);
  const payload = Buffer.concat([head, Buffer.from([1]), Buffer.from("x"), size, table]);
  const prefix = Buffer.from([2, 0, 1, 0, 0, 0, payload.length]);
  return Buffer.concat([prefix, payload, Buffer.from([206]), rest]);
}

const entry = (name: string, letter: string, ...value: number[]): Buffer =>
  Buffer.concat([Buffer.from([name.length]), Buffer.from(name + letter), Buffer.from(value)]);

describe("repairHeaderFrame", () => {
  it("turns Python's letter for 64-bit integers into the driver's", () => {
    const frame = headerFrame(
      Buffer.concat([entry("a", "V"), entry("big", "L", 0, 0, 1, 0, 0, 0, 0, 0)]),
      Buffer.from("L"),
    );
    expect(repairHeaderFrame(frame)).toBe(true);
    expect(frame.toString("latin1")).toContain("bigl");
    expect(frame.at(-1)).toBe("L".charCodeAt(0));
  });

  it("looks inside lists and tables, and not inside texts", () => {
    const list = entry("t", "A", 0, 0, 0, 9, 0x4c, 0, 0, 0, 0, 0, 0, 0, 1);
    const text = entry("L", "S", 0, 0, 0, 1, 0x4c);
    const frame = headerFrame(Buffer.concat([text, list]));
    expect(repairHeaderFrame(frame)).toBe(true);
    expect(frame.includes(entry("L", "S", 0, 0, 0, 1, 0x4c))).toBe(true);
    expect(frame.includes(entry("t", "A", 0, 0, 0, 9, 0x6c))).toBe(true);
  });

  it("reports frames without a foreign letter, incomplete ones and broken ones", () => {
    const known = headerFrame(entry("a", "V"));
    const foreign = headerFrame(entry("a", "L", 0, 0, 0, 0, 0, 0, 0, 1));
    expect(repairHeaderFrame(known)).toBe(false);
    expect(repairHeaderFrame(foreign.subarray(0, -1))).toBe(false);
    expect(repairHeaderFrame(headerFrame(entry("a", "?")))).toBe(false);
    expect(repairHeaderFrame(headerFrame(entry("a", "S", 255, 255, 255, 255)))).toBe(false);
  });
});
