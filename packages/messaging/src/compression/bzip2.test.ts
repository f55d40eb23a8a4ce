import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError } from "../serializers/errors.ts";
import { encodeBzip2 } from "./bzip2/encoder.ts";
import { bzip2Compression } from "./bzip2.ts";

const limits = { maxSizeBytes: 10_000_000 };
const roundTrip = (data: Buffer): Buffer =>
  bzip2Compression.decompress(bzip2Compression.compress(data), limits);

describe("bzip2 compression", () => {
  it.each([3, 4, 5, 254, 255, 256, 259, 260, 1000])("gives back a run of %i equal bytes", (length) => {
    const run = Buffer.alloc(length, 120);
    for (const data of [run, Buffer.concat([Buffer.from("ab"), run, Buffer.from("x"), run])]) {
      expect(roundTrip(data)).toEqual(data);
    }
  });

  it("gives back data of several blocks", () => {
    let state = 1;
    const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
    const data = Buffer.from(Uint8Array.from({ length: 250_000 }, next));
    expect(bzip2Compression.decompress(encodeBzip2(data, 1), limits).equals(data)).toBe(true);
  });

  it("gives back any bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 3000 });
    const fewValues = fc
      .array(fc.constantFrom(0, 1, 255), { maxLength: 3000 })
      .map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(fc.oneof(bytes, fewValues), (data) => {
        expect(roundTrip(Buffer.from(data))).toEqual(Buffer.from(data));
      }),
    );
  });

  it("reads streams one behind the other as one, as Python does", () => {
    const [a, b] = [
      bzip2Compression.compress(Buffer.from("one ")),
      bzip2Compression.compress(Buffer.from("two")),
    ];
    expect(bzip2Compression.decompress(Buffer.concat([a, b]), limits).toString()).toBe("one two");
  });

  it("notices a single changed bit", () => {
    const packed = bzip2Compression.compress(Buffer.from("hello hello hello"));
    const content = packed.subarray(10, packed.length - 1);
    for (let at = 0; at < content.length * 8; at++) {
      const damaged = Buffer.from(packed);
      const index = 10 + (at >> 3);
      damaged[index] = (damaged[index] ?? 0) ^ (1 << (at & 7));
      expect(() => unlessSame(bzip2Compression.decompress(damaged, limits))).toThrow(DecodeError);
    }
  });
});

/** A bit that means nothing, such as in the length of a code that is not used, may change unseen. */
function unlessSame(data: Buffer): void {
  if (data.toString() === "hello hello hello") throw new DecodeError("unseen, and harmless");
}
