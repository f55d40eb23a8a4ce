import { isUtf8 } from "node:buffer";
import { DecodeError, EncodeError } from "./errors.ts";
import type { Serializer } from "./serializer.ts";

/** Plain text, sent as it is. Always accepted: there is nothing in it to decode. */
export const textSerializer: Serializer = {
  name: "text",
  aliases: ["application/text"],
  contentType: "text/plain",
  contentEncoding: "utf-8",

  encode(value) {
    if (typeof value === "string") return Buffer.from(value);
    throw new EncodeError(
      `the text serializer takes a string, not ${typeof value}. Use json for other values.`,
    );
  },

  decode(body) {
    if (isUtf8(body)) return body.toString();
    throw new DecodeError("the body is not valid UTF-8. Send it as application/data if it is not text.");
  },
};
