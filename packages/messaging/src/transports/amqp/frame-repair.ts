import type { DriverConnection } from "./amqp-driver.ts";

const FRAME_HEADER = 2;
const FRAME_END = 206;
/** Type, channel and size of a frame; then class, weight and body size of a content header. */
const FRAME_PREFIX_BYTES = 7;
const FLAGS_OFFSET = FRAME_PREFIX_BYTES + 12;
const HAS_CONTENT_TYPE = 0x8000;
const HAS_CONTENT_ENCODING = 0x4000;
const HAS_HEADERS = 0x2000;

/** Bytes that a value takes after its letter, for the letters with a fixed size. */
const sizes: Readonly<Record<string, number>> = {
  V: 0,
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  U: 2,
  u: 2,
  I: 4,
  i: 4,
  f: 4,
  D: 5,
  l: 8,
  L: 8,
  d: 8,
  T: 8,
};
/** Letters that Python writes and the driver does not know, and the driver's letter for the same bytes. */
const synonyms: Readonly<Record<string, string>> = { L: "l", U: "s" };

/** The parts of the driver that {@link tolerateForeignTypes} needs. */
interface FrameReader {
  rest: Buffer;
  recvFrame(): unknown;
}

/**
 * Lets the driver read header values whose type letter it does not know. Python writes integers above 32 bits with the
 * letter `L`; the driver would end the connection because of it, and the message would come back on the next one.
 */
export function tolerateForeignTypes(connection: DriverConnection): void {
  const reader = connection.connection as unknown as Partial<FrameReader>;
  const receive = reader.recvFrame;
  if (typeof receive !== "function" || !Buffer.isBuffer(reader.rest)) return;
  reader.recvFrame = function (this: FrameReader): unknown {
    const before = this.rest;
    try {
      return receive.call(this);
    } catch (error) {
      if (!repairHeaderFrame(before)) throw error;
      this.rest = before;
      return receive.call(this);
    }
  };
}

/**
 * Rewrites, in place, foreign type letters in the headers of the content header frame that `bytes` begin with.
 * False when there is no such frame or nothing to rewrite.
 *
 * @see AMQP 0-9-1, sections 4.2.3 and 4.2.5.5
 */
export function repairHeaderFrame(bytes: Buffer): boolean {
  if (bytes.length < FLAGS_OFFSET + 2 || bytes[0] !== FRAME_HEADER) return false;
  const end = FRAME_PREFIX_BYTES + bytes.readUInt32BE(3);
  if (bytes.length <= end || bytes[end] !== FRAME_END) return false;
  const flags = bytes.readUInt16BE(FLAGS_OFFSET);
  if ((flags & HAS_HEADERS) === 0) return false;
  let offset = FLAGS_OFFSET + 2;
  if (flags & HAS_CONTENT_TYPE) offset += 1 + bytes.readUInt8(offset);
  if (flags & HAS_CONTENT_ENCODING) offset += 1 + bytes.readUInt8(offset);
  const walk = new TableWalk(bytes.subarray(0, end));
  try {
    walk.table(offset);
  } catch {
    return false;
  }
  return walk.changed;
}

/** Steps over a field table value by value. Throws RangeError when the bytes are not one. */
class TableWalk {
  readonly #bytes: Buffer;
  changed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Takes and returns offsets, as the other steps do. */
  table(offset: number): number {
    const end = offset + 4 + this.#bytes.readUInt32BE(offset);
    let at = offset + 4;
    while (at < end) at = this.#value(at + 1 + this.#bytes.readUInt8(at));
    return end;
  }

  #array(offset: number): number {
    const end = offset + 4 + this.#bytes.readUInt32BE(offset);
    let at = offset + 4;
    while (at < end) at = this.#value(at);
    return end;
  }

  #value(offset: number): number {
    const letter = String.fromCharCode(this.#bytes.readUInt8(offset));
    const at = offset + 1;
    if (letter === "F") return this.table(at);
    if (letter === "A") return this.#array(at);
    if (letter === "S" || letter === "x") return at + 4 + this.#bytes.readUInt32BE(at);
    const size = Object.hasOwn(sizes, letter) ? sizes[letter] : undefined;
    if (size === undefined) throw new RangeError(`unknown field type "${letter}"`);
    const synonym = Object.hasOwn(synonyms, letter) ? synonyms[letter] : undefined;
    if (synonym !== undefined) {
      this.#bytes.write(synonym, offset, "latin1");
      this.changed = true;
    }
    return at + size;
  }
}
