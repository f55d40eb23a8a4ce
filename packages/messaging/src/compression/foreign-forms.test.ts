import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DecodeError } from "../serializers/errors.ts";
import { createCompressionRegistry } from "./compression-registry.ts";

const registry = createCompressionRegistry();

async function unpack(name: string, packed: Buffer, maxSizeBytes = 1_000_000): Promise<string> {
  return (await registry.load(name)).decompress(packed, { maxSizeBytes }).toString();
}

describe("forms that others write and we only read", () => {
  it("real gzip", async () => {
    expect(await unpack("gzip", gzipSync("hello"))).toBe("hello");
  });

  it("a zstd frame of a stream, which does not tell the size of its content", async () => {
    const packed = Buffer.from("KLUv/QBYMAAAaGVsbG8gRAAAAAEA/f/JCxBNAAAIbAEAfKk5EAI=", "base64");
    expect(await unpack("zstd", packed)).toBe("hello ".repeat(40_001));
    await expect(unpack("zstd", packed, 240_005)).rejects.toThrow(DecodeError);
  });

  it("the older .lzma format", async () => {
    const packed = Buffer.from("XQAAgAD//////////wA0GUnujelPfzXFo///eKQAAA==", "base64");
    expect(await unpack("lzma", packed)).toBe("hello hello hello");
  });
});

describe("forms that we write", () => {
  it.each([
    ["gzip", "78"],
    ["bzip2", "425a6839"],
    ["lzma", "fd377a585a00"],
    // Single segment, with the size of the content: 18.
    ["zstd", "28b52ffd2012"],
  ])("%s starts as Python expects it", async (name, start) => {
    const packed = (await registry.load(name)).compress(Buffer.from("hello hello hello "));
    expect(packed.toString("hex")).toMatch(new RegExp(`^${start}`));
  });
});
