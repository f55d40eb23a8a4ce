import { type SharedMemory, WORDS } from "./shared-memory.ts";

/** Memory that threads of one process share. */
export class SharedArray implements SharedMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#bytes = new Uint8Array(buffer, this.#words.byteLength);
  }

  static allocate(size: number): SharedArray {
    return new SharedArray(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT + size));
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  word(index: number): number {
    return Atomics.load(this.#words, index);
  }

  setWord(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }

  write(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }

  read(at: number, into: Uint8Array): void {
    into.set(this.#bytes.subarray(at, at + into.byteLength));
  }
}
