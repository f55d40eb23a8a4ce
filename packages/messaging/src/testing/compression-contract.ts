import assert from "node:assert/strict";
import type { Compression } from "../compression/compression.ts";
import { DecodeError } from "../serializers/errors.ts";

/** Makes the compression under test. */
export type OpenCompression = () => Promise<Compression>;

/** One promise of the contract, for any test runner: `it(title, () => run(open))`. */
export interface CompressionCase {
  readonly title: string;
  /** Rejects with an `AssertionError` when the promise is broken. */
  readonly run: (open: OpenCompression) => Promise<void>;
}

const limits = { maxSizeBytes: 1_000_000 };
const text = Buffer.from(
  JSON.stringify(Array.from({ length: 500 }, (_, i) => [i, `name ${i * 7919}`, "é😀"])),
);
/** Bytes without any pattern, the same in every run. */
const noise = Buffer.from(Uint8Array.from(noiseBytes(5000)));

/** What every {@link Compression} promises, as cases for any test runner. */
export const compressionContract: readonly CompressionCase[] = [
  {
    title: "tells its name and header value",
    async run(open) {
      const compression = await open();
      assert.match(compression.name, /^[a-z][\w.-]*$/);
      assert.match(compression.contentType, /^[a-z]+\/[a-z0-9.+-]+$/);
    },
  },
  {
    title: "gives back what it compressed",
    async run(open) {
      const compression = await open();
      for (const data of [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(300, 7), text, noise]) {
        assert.deepEqual(compression.decompress(compression.compress(data), limits), data);
      }
    },
  },
  {
    title: "makes repetitive data smaller",
    async run(open) {
      const compression = await open();
      assert.ok(compression.compress(text).length < text.length / 2);
    },
  },
  {
    title: "unpacks up to the limit and not beyond",
    async run(open) {
      const compression = await open();
      const packed = compression.compress(text);
      assert.deepEqual(compression.decompress(packed, { maxSizeBytes: text.length }), text);
      assert.throws(() => compression.decompress(packed, { maxSizeBytes: text.length - 1 }), DecodeError);
    },
  },
  {
    title: "stops a bomb early",
    async run(open) {
      const compression = await open();
      const bomb = compression.compress(Buffer.alloc(5_000_000));
      assert.throws(() => compression.decompress(bomb, limits), DecodeError);
    },
  },
  {
    title: "answers damaged data with a DecodeError and nothing else",
    async run(open) {
      const compression = await open();
      const packed = compression.compress(Buffer.from("hello hello hello hello"));
      assert.throws(() => compression.decompress(Buffer.from("not compressed at all"), limits), DecodeError);
      for (let length = 0; length < packed.length; length++) {
        assert.throws(
          () => compression.decompress(packed.subarray(0, length), limits),
          DecodeError,
          `cut at ${length}`,
        );
        const damaged = Buffer.from(packed);
        damaged[length] = (damaged[length] ?? 0) ^ 0xff;
        decompressOrDecodeError(compression, damaged);
      }
    },
  },
];

function decompressOrDecodeError(compression: Compression, data: Buffer): void {
  try {
    compression.decompress(data, limits);
  } catch (error) {
    assert.ok(error instanceof DecodeError, `expected a DecodeError, got ${String(error)}`);
  }
}

function* noiseBytes(count: number): Generator<number> {
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield state >>> 24;
  }
}
