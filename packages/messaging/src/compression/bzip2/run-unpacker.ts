/** Collects the content of blocks, unpacking runs: four equal bytes are followed by the count of further ones. */
export class RunUnpacker {
  readonly #maxSizeBytes: number;
  readonly #tooLarge: () => Error;
  #bytes = new Uint8Array(1024);
  #size = 0;

  constructor(maxSizeBytes: number, tooLarge: () => Error) {
    this.#maxSizeBytes = maxSizeBytes;
    this.#tooLarge = tooLarge;
  }

  /** All content so far; only the first {@link sizeBytes} count. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  unpack(block: Uint8Array): void {
    let run = 0;
    let previous = -1;
    for (const byte of block) {
      if (run === 4) {
        this.#add(previous, byte);
        run = 0;
        previous = -1;
        continue;
      }
      run = byte === previous ? run + 1 : 1;
      previous = byte;
      this.#add(byte, 1);
    }
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes.buffer, 0, this.#size);
  }

  #add(byte: number, count: number): void {
    const size = this.#size + count;
    if (size > this.#maxSizeBytes) throw this.#tooLarge();
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.fill(byte, this.#size, size);
    this.#size = size;
  }
}
