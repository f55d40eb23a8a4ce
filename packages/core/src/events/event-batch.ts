/** Room for the first events of a list: some seventy of a task. */
const FIRST_BYTES = 16 * 1024;
/** Characters to write at once: about ten events. */
const CHUNK = 2048;
/** Most bytes that one character of a JavaScript string takes in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/**
 * Events of one message, as JSON, written out a few at a time: texts that are kept until the message leaves would be
 * moved about by the garbage collector, which costs a busy worker more than making them.
 */
export class EventBatch {
  /** Its place among the batches of an outbox. */
  readonly serial: number;
  /** Type of the first event. */
  readonly type: string;
  /** Set when they travel as a list. */
  readonly group: string | undefined;
  /** What is not written yet. */
  #text = "";
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #count = 0;

  constructor({ serial, type, group }: { serial: number; type: string; group: string | undefined }) {
    this.serial = serial;
    this.type = type;
    this.group = group;
  }

  get count(): number {
    return this.#count;
  }

  /** `json` is one event. */
  add(json: string): void {
    this.#text += this.group === undefined ? json : `${this.#count === 0 ? "[" : ","}${json}`;
    this.#count++;
    if (this.#text.length >= CHUNK) this.#write();
  }

  /** The event, or the list of them, as JSON. */
  body(): Buffer {
    this.#write();
    if (this.group === undefined) return this.#bytes.subarray(0, this.#length);
    this.#bytes[this.#length] = 0x5d;
    return this.#bytes.subarray(0, this.#length + 1);
  }

  #write(): void {
    // And a byte for the end of the list.
    const needed = this.#length + this.#text.length * BYTES_PER_CHARACTER + 1;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, FIRST_BYTES));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(this.#text, this.#length);
    this.#text = "";
  }
}
