import { describe, expect, it } from "vitest";
import { type Frame, decodeFrame, encodeFrame } from "./frame.ts";
import { FrameReader, frameChunks } from "./frame-stream.ts";

const values: readonly unknown[] = [
  [],
  { n: 1, text: "ü", when: new Date(5), map: new Map([[1, new Set([2])]]), big: 2n ** 70n },
  [Buffer.from("small"), new Uint8Array([1, 2, 3]), new Float64Array([0.5])],
  [Buffer.alloc(4096, 1), Buffer.alloc(0), new Uint8Array(100_000).fill(2), Buffer.alloc(5000, 3)],
];

describe("a frame", () => {
  it.each(values)("gives back what was encoded: %#", (value) => {
    expect(decodeFrame(encodeFrame(value))).toEqual(value);
  });

  it("carries larger byte arrays beside the rest, uncopied", () => {
    const large = Buffer.alloc(10_000);
    expect(encodeFrame({ large, small: Buffer.alloc(10) }).blobs).toEqual([large]);
    expect(encodeFrame({ large }).blobs[0]).toBe(large);
  });

  it("has small Buffers of its own, that keep no batch alive", () => {
    const frame = encodeFrame([Buffer.from("abc"), "x".repeat(100_000)]);
    const [small] = decodeFrame(frame) as [Buffer];
    expect(small.buffer).not.toBe(frame.head.buffer);
  });

  it("gives other small arrays memory of their own, with nothing else in it", () => {
    const views = [
      new Uint8Array([1, 2]),
      new Float64Array([0.5]),
      new DataView(Uint8Array.of(7, 8, 9).buffer),
    ];
    const [, ...received] = decodeFrame(encodeFrame(["x".repeat(100_000), ...views])) as ArrayBufferView[];
    expect(received).toEqual(views);
    expect(received.map(({ buffer }) => buffer.byteLength)).toEqual([2, 8, 3]);
  });

  it("refuses what cannot be cloned, and a frame without its blobs", () => {
    expect(() => encodeFrame({ f: () => {} })).toThrow(/could not be cloned/);
    const { head } = encodeFrame(Buffer.alloc(10_000));
    expect(() => decodeFrame({ head, blobs: [] })).toThrow(RangeError);
  });
});

describe("a stream of frames", () => {
  const bytes = Buffer.concat(values.flatMap((value) => frameChunks(encodeFrame(value))));

  it.each([1, 2, 7, 11, 1000, 65_536, bytes.byteLength])("is read from chunks of %d bytes", (size) => {
    const seen: unknown[] = [];
    const reader = new FrameReader((frame: Frame) => seen.push(decodeFrame(frame)));
    for (let at = 0; at < bytes.byteLength; at += size) reader.push(bytes.subarray(at, at + size));
    expect(seen).toEqual(values);
  });

  it("refuses bytes that are no frame", () => {
    expect(() => new FrameReader(() => {}).push(Buffer.from("something printed by mistake"))).toThrow(
      /not a frame/,
    );
  });
});
