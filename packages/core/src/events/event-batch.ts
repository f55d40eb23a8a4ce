const FIRST_BYTES = 1024;
/** Most bytes that one character of a JavaScript string takes in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/**
 * Events of one message, as JSON, written out as they come: texts that are kept until the message leaves would be moved
 * about by the garbage collector, which costs a busy worker more than making them.
 */
export class EventBatch {
  /** Type of the first event. */
  readonly type: string;
  /** Set when they travel as a list. */
  readonly group: string | undefined;
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #count = 0;

  constructor(type: string, group: string | undefined) {
    this.type = type;
    this.group = group;
  }

  get count(): number {
    return this.#count;
  }

  /** `json` is one event. */
  add(json: string): void {
    if (this.group !== undefined) this.#write(this.#count === 0 ? "[" : ",");
    this.#write(json);
    this.#count++;
  }

  /** The event, or the list of them, as JSON. Nothing is added afterwards. */
  body(): Buffer {
    if (this.group === undefined) return this.#bytes.subarray(0, this.#length);
    this.#reserve(1);
    this.#bytes[this.#length] = 0x5d;
    return this.#bytes.subarray(0, this.#length + 1);
  }

  #write(text: string): void {
    this.#reserve(text.length * BYTES_PER_CHARACTER);
    this.#length += this.#bytes.write(text, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 4));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
