import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createCompressionRegistry } from "../compression/compression-registry.ts";
import { BodyCodec } from "./body-codec.ts";
import {
  CodecNotLoadedError,
  ContentRefusedError,
  DecodeError,
  UnknownCompressionError,
  UnknownContentTypeError,
  UnknownSerializerError,
} from "./errors.ts";
import { createSerializerRegistry } from "./serializer-registry.ts";

function createCodec(accept: readonly string[] = ["json"], maxBodyBytes = 10_000): BodyCodec {
  const serializers = createSerializerRegistry();
  return new BodyCodec({ serializers, compressions: createCompressionRegistry(), accept, maxBodyBytes });
}

const utf8 = (contentType: string, compression?: string) => ({
  contentType,
  contentEncoding: "utf-8",
  compression,
});

describe("BodyCodec", () => {
  it("names a compression that is not registered", async () => {
    const unknown = new BodyCodec().encodeMessage(1, { compression: "gzipp" });
    await expect(unknown).rejects.toThrow(/^compression "gzipp" is not registered\. Did you mean "gzip"\?/);
  });

  it("makes messages of values and back, as JSON unless told otherwise", async () => {
    const codec = new BodyCodec({ accept: ["json", "yaml"] });
    const plain = await codec.encodeMessage({ a: 1 });
    expect(plain).toMatchObject({ contentType: "application/json", headers: {}, properties: {} });
    expect(await new BodyCodec().decodeMessage(plain)).toEqual({ a: 1 });

    const headers = { tenant: "x" };
    const packed = await codec.encodeMessage({ a: 1 }, { serializer: "yaml", compression: "gzip", headers });
    expect(packed.headers).toEqual({ tenant: "x", compression: "application/x-gzip" });
    expect(await codec.decodeMessage(packed)).toEqual({ a: 1 });
    await expect(new BodyCodec().decodeMessage(packed)).rejects.toThrow(ContentRefusedError);
  });

  it("decodes a message at once, or later when a format has to be loaded", async () => {
    const packed = await createCodec([]).encodeMessage([1], { serializer: "yaml", compression: "gzip" });
    const codec = createCodec(["yaml"]);
    const decoding = codec.decodeMessageNow(packed);
    expect(decoding).toBeInstanceOf(Promise);
    expect(await decoding).toEqual([1]);
    expect(codec.decodeMessageNow(packed)).toEqual([1]);
    expect(() => createCodec(["json"]).decodeMessageNow(packed)).toThrow(ContentRefusedError);
  });

  it("encodes with what the headers must say, and decodes it again", async () => {
    const codec = createCodec(["json", "application/x-msgpack"]);
    const plain = codec.encode([1, "é"], { serializer: "json" });
    expect(plain).toEqual({
      body: Buffer.from('[1,"é"]'),
      contentType: "application/json",
      contentEncoding: "utf-8",
      compression: undefined,
    });
    expect(codec.decode(plain.body, plain)).toEqual([1, "é"]);
    const packed = await codec.encodeAsync([1, "é"], { serializer: "msgpack", compression: "xz" });
    expect(packed).toMatchObject({ contentEncoding: "binary", compression: "application/x-lzma" });
    expect(await createCodec(["msgpack"]).decodeAsync(packed.body, packed)).toEqual([1, "é"]);
  });

  it("asks for ready() when a format is not loaded", async () => {
    const codec = createCodec(["json", "yaml"]);
    expect(() => codec.encode(1, { serializer: "yaml" })).toThrow(CodecNotLoadedError);
    expect(() => codec.encode(1, { serializer: "json", compression: "bzip2" })).toThrow(
      /ready\(\["bzip2"\]\)/,
    );
    expect(() => codec.decode(Buffer.from("1"), utf8("application/x-yaml"))).toThrow(CodecNotLoadedError);
    await codec.ready(["yaml"], ["bzip2"]);
    expect(codec.encode(1, { serializer: "yaml", compression: "bzip" }).compression).toBe(
      "application/x-bz2",
    );
  });

  it("decodes only what is on the accept list, and plain bytes and text always", async () => {
    const codec = createCodec(["json"]);
    expect(() => codec.decode(Buffer.from("1"), utf8("application/x-yaml"))).toThrow(ContentRefusedError);
    await expect(codec.decodeAsync(Buffer.from("1"), utf8("application/x-yaml"))).rejects.toThrow(
      /acceptContent/,
    );
    expect(codec.decode(Buffer.from("hi"), utf8("text/plain"))).toBe("hi");
    expect(codec.decode(Buffer.from("hi"), utf8("application/text"))).toBe("hi");
    expect(
      codec.decode(Buffer.of(0xff), { contentType: "application/data", contentEncoding: "binary" }),
    ).toEqual(Buffer.of(0xff));
    expect(() => createCodec([]).decode(Buffer.from("1"), utf8("application/json"))).toThrow(
      ContentRefusedError,
    );
  });

  it("refuses pickle in the accept list, as serializer and in a message", async () => {
    expect(() => createCodec(["pickle"])).toThrow(ContentRefusedError);
    expect(() => createCodec(["jsonn"])).toThrow(UnknownSerializerError);
    const codec = createCodec();
    expect(() => codec.encode(1, { serializer: "pickle" })).toThrow(ContentRefusedError);
    const pickle = { contentType: "application/x-python-serialize", contentEncoding: "binary" };
    expect(() => codec.decode(Buffer.of(0x80, 4), pickle)).toThrow(/runs code/);
    await expect(codec.decodeAsync(Buffer.of(0x80, 4), pickle)).rejects.toThrow(ContentRefusedError);
  });

  it.each(["", "application/x-unknown", "constructor"])(
    "does not know the content type %j",
    (contentType) => {
      expect(() => createCodec().decode(Buffer.from("1"), utf8(contentType))).toThrow(
        UnknownContentTypeError,
      );
    },
  );

  it("reads content types with parameters and bodies in other character encodings", () => {
    const codec = createCodec();
    expect(codec.decode(Buffer.from('"é"'), utf8("application/json; charset=utf-8"))).toBe("é");
    const json = "application/json";
    expect(
      codec.decode(Buffer.from('"é"', "latin1"), { contentType: json, contentEncoding: "latin-1" }),
    ).toBe("é");
    expect(
      codec.decode(Buffer.from('"é"', "utf16le"), { contentType: json, contentEncoding: "utf_16_le" }),
    ).toBe("é");
    for (const contentEncoding of ["binary", "us-ascii", ""]) {
      expect(codec.decode(Buffer.from("1"), { contentType: json, contentEncoding })).toBe(1);
    }
    const unknown = { contentType: json, contentEncoding: "klingon" };
    expect(() => codec.decode(Buffer.from("1"), unknown)).toThrow(DecodeError);
  });

  it("reads compressed bodies by header value or name, and real gzip, too", () => {
    const codec = createCodec();
    const { body } = codec.encode("x".repeat(100), { serializer: "json", compression: "zlib" });
    expect(body.readUInt8(0)).toBe(0x78);
    for (const compression of ["application/x-gzip", "gzip"]) {
      expect(codec.decode(body, utf8("application/json", compression))).toBe("x".repeat(100));
    }
    expect(codec.decode(gzipSync("[1]"), utf8("application/json", "gzip"))).toEqual([1]);
    expect(codec.decode(Buffer.from("1"), utf8("application/json", ""))).toBe(1);
    expect(() => codec.decode(body, utf8("application/json", "rot13"))).toThrow(UnknownCompressionError);
  });

  it("refuses bodies larger than the limit, packed or not", () => {
    const large = createCodec(["json"], 1_000_000).encode("x".repeat(20_000), {
      serializer: "json",
      compression: "gzip",
    });
    expect(() => createCodec().decode(large.body, large)).toThrow(/more than 10000 bytes/);
    const body = Buffer.from(JSON.stringify("x".repeat(20_000)));
    expect(() => createCodec().decode(body, utf8("application/json"))).toThrow(/at most 10000/);
  });
});
