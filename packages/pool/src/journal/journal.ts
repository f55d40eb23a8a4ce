import type { SharedMemory } from "./shared-memory.ts";

/*
 * What an executor writes down, beside what it sends, so that it need not send at once: its pool reads the journal of an
 * executor that has died, or that is silent. Jobs have numbers here, in the order in which they were given to this
 * executor, and begin in that order.
 *
 * A word each: the last job that has begun, the last that was accepted, the last that was called back. Behind them what
 * the executor has said since its last frame left.
 *
 * A job is called back, or begins, by the rule of two who meet at a door: the pool writes which jobs it wants back and
 * then reads which has begun; the executor writes that a job begins and then reads whether it is wanted back. Both may
 * find that the other one was there, but never neither. The executor is the one who gives way then.
 */

const BEGUN = 0;
const ACCEPTED = 1;
const CALLED_BACK = 2;

/** Most jobs of one executor: their numbers are kept in words. */
export const MAX_JOBS: number = 2 ** 31 - 1;

/** Bytes for what was said and not sent. */
export const JOURNAL_BYTES: number = 32 * 1024;

/** Of a record: number of the frame that will carry it, length, checksum. */
const HEADER_BYTES = 12;

/** The executor's side. */
export class JournalWriter {
  readonly #memory: SharedMemory;
  #frame = -1;
  #end = 0;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** A job is about to begin. False when it must not, because it was called back. */
  begin(job: number): boolean {
    this.#memory.setWord(BEGUN, job);
    return job > this.#memory.word(CALLED_BACK);
  }

  accept(job: number): void {
    this.#memory.setWord(ACCEPTED, job);
  }

  /** Keeps a record until the frame of that number, counted from 0, has left. False when there is no room. */
  save(record: Uint8Array, frame: number): boolean {
    if (frame !== this.#frame) this.#end = 0;
    this.#frame = frame;
    const size = HEADER_BYTES + record.byteLength;
    if (this.#end + size > this.#memory.size) return false;
    const bytes = Buffer.allocUnsafe(size);
    bytes.writeInt32LE(frame | 0, 0);
    bytes.writeInt32LE(record.byteLength, 4);
    bytes.writeInt32LE(checksum(frame | 0, record), 8);
    bytes.set(record, HEADER_BYTES);
    this.#memory.write(this.#end, bytes);
    this.#end += size;
    return true;
  }
}

/** The pool's side. */
export class JournalReader {
  readonly #memory: SharedMemory;
  readonly #header = Buffer.allocUnsafe(HEADER_BYTES);

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** Calls back the jobs that were given so far. Returns the last that has begun: those after it have not, and will not. */
  callBack(lastGiven: number): number {
    this.#memory.setWord(CALLED_BACK, lastGiven);
    return this.begun;
  }

  /** The last job that has begun, 0 for none; those before it have begun as well. */
  get begun(): number {
    return this.#memory.word(BEGUN);
  }

  /** The last job that was accepted. */
  get accepted(): number {
    return this.#memory.word(ACCEPTED);
  }

  /** What was said since the last of `frames` frames left; nothing when there are frames still to be read. */
  records(frames: number): Uint8Array[] {
    const records: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const record = this.#recordAt(at, frames | 0);
      if (record === undefined) return records;
      records.push(record);
      at += HEADER_BYTES + record.byteLength;
    }
  }

  /** Nothing for what is of another frame, or only half written. */
  #recordAt(at: number, frame: number): Uint8Array | undefined {
    const start = at + HEADER_BYTES;
    if (start > this.#memory.size) return undefined;
    this.#memory.read(at, this.#header);
    const length = this.#header.readInt32LE(4);
    if (this.#header.readInt32LE(0) !== frame || length < 0 || start + length > this.#memory.size)
      return undefined;
    const record = Buffer.allocUnsafe(length);
    this.#memory.read(start, record);
    return this.#header.readInt32LE(8) === checksum(frame, record) ? record : undefined;
  }
}

/** FNV-1a, of 32 bits. */
function checksum(frame: number, record: Uint8Array): number {
  let hash = Math.imul(0x811c9dc5 ^ frame, 0x01000193);
  for (const byte of record) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
