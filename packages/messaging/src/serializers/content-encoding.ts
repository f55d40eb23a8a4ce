import { DecodeError } from "./errors.ts";

/** Encodings of which a text body needs no conversion; `binary` is what some peers send whatever the format. */
const utf8Like = new Set(["utf-8", "utf8", "us-ascii", "ascii", "binary", ""]);

/**
 * A text body in UTF-8, whatever encoding its sender used.
 *
 * @throws {DecodeError} when the encoding is not known or the body is not valid in it
 */
export function transcodeToUtf8(body: Buffer, encoding: string | null | undefined): Buffer {
  if (encoding === "utf-8" || utf8Like.has((encoding ?? "").toLowerCase())) return body;
  try {
    return Buffer.from(new TextDecoder(pythonLabel(encoding ?? ""), { fatal: true }).decode(body));
  } catch (error) {
    throw new DecodeError(`the body cannot be read as "${encoding}". Send UTF-8.`, { cause: error });
  }
}

/** Python says `utf_16_le` or `latin-1` where the web says `utf-16le` or `latin1`. */
function pythonLabel(encoding: string): string {
  const name = encoding.toLowerCase().replaceAll("_", "-");
  return name === "latin-1" ? "latin1" : name.replace(/^(utf-16)-([lb]e)$/, "$1$2");
}
