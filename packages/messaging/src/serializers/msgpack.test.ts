import { ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "./errors.ts";
import { loadMsgpackSerializer } from "./msgpack.ts";
import type { Serializer } from "./serializer.ts";

let msgpack: Serializer;
beforeAll(async () => {
  msgpack = await loadMsgpackSerializer();
});

describe("msgpack serializer", () => {
  it("writes integers as integers up to 64 bits", () => {
    expect(msgpack.encode(2 ** 40)).toEqual(Buffer.from("cf0000010000000000", "hex"));
    expect(msgpack.encode([2n ** 64n - 1n, -(2n ** 63n)])).toEqual(
      Buffer.from("92cfffffffffffffffffd38000000000000000", "hex"),
    );
    expect(() => msgpack.encode(2n ** 64n)).toThrow(EncodeError);
    expect(() => msgpack.encode(-(2n ** 63n) - 1n)).toThrow(EncodeError);
  });

  it("writes bytes as bytes and a Date as text", () => {
    expect(msgpack.encode(Buffer.of(1, 2))).toEqual(Buffer.from("c4020102", "hex"));
    expect(msgpack.decode(msgpack.encode(new Date(0)))).toBe("1970-01-01T00:00:00.000Z");
  });

  it("reads map keys that are numbers as text, and the timestamp extension as a Date", () => {
    expect(msgpack.decode(Buffer.from("8201a161c2a162", "hex"))).toEqual({ "1": "a", false: "b" });
    expect(msgpack.decode(Buffer.from(encode(new Date(5000))))).toEqual(new Date(5000));
  });

  it.each([
    ["another extension", Buffer.from(encode(new ExtData(5, new Uint8Array(3))))],
    ["a collection as key", Buffer.from("819001", "hex")],
    ["a second value", Buffer.from("0102", "hex")],
    ["no value", Buffer.alloc(0)],
    ["the byte that means nothing", Buffer.of(0xc1)],
  ])("refuses %s", (_, body) => expect(() => msgpack.decode(body)).toThrow(DecodeError));

  it("refuses a key named __proto__", () => {
    const body = Buffer.concat([
      Buffer.of(0x81, 0xa9),
      Buffer.from("__proto__"),
      Buffer.of(0x81, 0xa1, 0x61, 0x01),
    ]);
    expect(() => msgpack.decode(body)).toThrow(DecodeError);
  });

  it("refuses arrays that promise more than there is before making room for them", () => {
    const promise = Buffer.from("dd00ffffff", "hex");
    const before = process.memoryUsage().rss;
    expect(() => msgpack.decode(Buffer.concat(Array.from({ length: 400 }, () => promise)))).toThrow(
      DecodeError,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  it("refuses deep nesting without a crash", () => {
    const deep = Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.of(1)]);
    expect(() => msgpack.decode(deep)).toThrow(/nests deeper/);
  });

  it("decodes what it encodes", () => {
    const values = fc.anything({
      values: [
        fc.string(),
        fc.double({ noNaN: true }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.maxSafeInteger(),
      ],
      maxDepth: 4,
    });
    fc.assert(
      fc.property(values, (value) => {
        fc.pre(!JSON.stringify(value).includes("__proto__"));
        const once = msgpack.decode(msgpack.encode(value));
        expect(msgpack.decode(msgpack.encode(once))).toEqual(once);
        expect(JSON.stringify(once)).toBe(JSON.stringify(value));
      }),
    );
  });

  it("reads any bytes or fails with a DecodeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          msgpack.decode(Buffer.from(bytes));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
