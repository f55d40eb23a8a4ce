import { EncodeError } from "./errors.ts";
import type { Serializer } from "./serializer.ts";

/** Bytes, sent as they are; kombu calls it "raw". Always accepted: there is nothing in it to decode. */
export const binarySerializer: Serializer = {
  name: "binary",
  aliases: ["raw"],
  contentType: "application/data",
  contentEncoding: "binary",

  encode(value) {
    if (Buffer.isBuffer(value)) return value;
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    throw new EncodeError(
      `the binary serializer takes a Uint8Array, not ${typeof value}. Use json for other values.`,
    );
  },

  decode(body) {
    return body;
  },
};
