/** Writes numbers bit by bit, the highest bit first. */
export class BitWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  /** Writes the lowest `count` bits of `value`; at most 24 at a time. */
  write(value: number, count: number): void {
    this.#pending = (this.#pending << count) | value;
    this.#pendingBits += count;
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      this.#push((this.#pending >>> this.#pendingBits) & 0xff);
    }
    this.#pending &= (1 << this.#pendingBits) - 1;
  }

  write32(value: number): void {
    this.write(value >>> 16, 16);
    this.write(value & 0xffff, 16);
  }

  /** Everything written, filled up to a whole byte with zeros. */
  finish(): Buffer {
    if (this.#pendingBits > 0) this.write(0, 8 - this.#pendingBits);
    return Buffer.from(this.#bytes.buffer, 0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads numbers bit by bit, the highest bit first. Throws a RangeError behind the end of the data. */
export class BitReader {
  readonly #data: Uint8Array;
  #at = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** At most 24 bits at a time. */
  read(count: number): number {
    while (this.#pendingBits < count) {
      const byte = this.#data[this.#at++];
      if (byte === undefined) throw new RangeError("it ends too early");
      this.#pending = ((this.#pending << 8) | byte) & 0x7fff_ffff;
      this.#pendingBits += 8;
    }
    this.#pendingBits -= count;
    return (this.#pending >>> this.#pendingBits) & ((1 << count) - 1);
  }

  read32(): number {
    return this.read(16) * 0x1_0000 + this.read(16);
  }

  /** Drops the rest of a byte that was read in part. */
  alignToByte(): void {
    this.#pendingBits -= this.#pendingBits % 8;
  }

  /** Whole bytes not yet read. */
  get bytesLeft(): number {
    return this.#data.length - this.#at + (this.#pendingBits >> 3);
  }
}
