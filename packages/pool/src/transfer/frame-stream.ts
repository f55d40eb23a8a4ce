import type { Frame } from "./frame.ts";

/**
 * Frames on a byte stream: magic, number of parts, length of each part, then the parts (head first). All numbers are
 * unsigned, 32 bit, little-endian.
 */
const MAGIC = 0x51504631;
const WORD = 4;

/** A head below this is cheaper to copy than to write on its own. */
const MAX_COPIED_BYTES = 16 * 1024;

/** Writes of one frame, in order; blobs are not copied. */
export function frameChunks(frame: Frame): readonly Uint8Array[] {
  const { head, blobs } = frame;
  if (blobs.length === 0 && head.byteLength <= MAX_COPIED_BYTES) return [smallFrame(head)];
  const parts = [head, ...blobs];
  const header = Buffer.allocUnsafe((2 + parts.length) * WORD);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(parts.length, WORD);
  parts.forEach((part, n) => header.writeUInt32LE(part.byteLength, (2 + n) * WORD));
  return [header, ...parts];
}

function smallFrame(head: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(3 * WORD + head.byteLength);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(1, WORD);
  bytes.writeUInt32LE(head.byteLength, 2 * WORD);
  bytes.set(head, 3 * WORD);
  return bytes;
}

/** Most parts of a frame; more means that the stream is out of step. */
const MAX_PARTS = 1_000_000;

/**
 * Cuts a byte stream into frames. What comes in pieces is put together in an allocation of its own, once.
 *
 * States: *header* (its bytes are collected) → *parts* (one after the other is filled) → *header*.
 */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  #header: Buffer = Buffer.alloc(0);
  #lengths: number[] | undefined;
  #parts: Uint8Array[] = [];
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws {RangeError} when the bytes are no frames; the stream is of no use then */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.byteLength > 0 || this.#isNextPartEmpty()) {
      rest = this.#lengths === undefined ? this.#readHeader(rest) : this.#readPart(rest);
    }
  }

  #isNextPartEmpty(): boolean {
    return this.#lengths !== undefined && this.#lengths[this.#parts.length] === 0;
  }

  #readHeader(chunk: Buffer): Buffer {
    const bytes = this.#header.byteLength === 0 ? chunk : Buffer.concat([this.#header, chunk]);
    const size = headerSize(bytes);
    if (size === undefined || bytes.byteLength < size) {
      // A copy: the chunk may be reused, and is larger than the few bytes that are kept.
      this.#header = Buffer.from(bytes);
      return chunk.subarray(chunk.byteLength);
    }
    this.#lengths = [];
    for (let at = 2 * WORD; at < size; at += WORD) this.#lengths.push(bytes.readUInt32LE(at));
    this.#header = Buffer.alloc(0);
    return bytes.subarray(size);
  }

  #readPart(chunk: Buffer): Buffer {
    const length = this.#lengths?.[this.#parts.length] ?? 0;
    const isHead = this.#parts.length === 0;
    if (this.#partial === undefined && isHead && chunk.byteLength >= length) {
      // The head is decoded before the chunk is let go of; blobs live on and get memory of their own.
      return this.#endPart(chunk.subarray(0, length), chunk.subarray(length));
    }
    this.#partial ??= Buffer.allocUnsafeSlow(length);
    const taken = chunk.copy(this.#partial, this.#filled, 0, length - this.#filled);
    this.#filled += taken;
    const rest = chunk.subarray(taken);
    return this.#filled < length ? rest : this.#endPart(this.#partial, rest);
  }

  #endPart(part: Uint8Array, rest: Buffer): Buffer {
    this.#parts.push(part);
    this.#partial = undefined;
    this.#filled = 0;
    if (this.#parts.length < (this.#lengths?.length ?? 0)) {
      // The head may be a view of a chunk that is gone when the next part arrives.
      if (this.#parts.length === 1) this.#parts[0] = Buffer.from(part);
      return rest;
    }
    const [head = part, ...blobs] = this.#parts;
    this.#parts = [];
    this.#lengths = undefined;
    this.#onFrame({ head, blobs });
    return rest;
  }
}

function headerSize(bytes: Buffer): number | undefined {
  if (bytes.byteLength < 2 * WORD) return undefined;
  const parts = bytes.readUInt32LE(WORD);
  if (bytes.readUInt32LE(0) !== MAGIC || parts === 0 || parts > MAX_PARTS) {
    throw new RangeError("the channel of an executor carries something that is not a frame");
  }
  return (2 + parts) * WORD;
}
