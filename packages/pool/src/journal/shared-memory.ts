/**
 * A few bytes that a pool and one of its executors both see, also after the executor has died. Each word and each range
 * of bytes has one side that writes it.
 *
 * Words are in one order for both sides: of two sides that each write a word and then read the other's, at least one
 * reads what the other has written.
 */
export interface SharedMemory {
  /** Bytes behind the words, for {@link write} and {@link read}. */
  readonly size: number;
  /** A number that was written as a signed integer of 32 bits. 0 until then. */
  word(index: number): number;
  setWord(index: number, value: number): void;
  write(at: number, bytes: Uint8Array): void;
  /** Fills `into`. What is being written meanwhile may be read in part. */
  read(at: number, into: Uint8Array): void;
}

/** Words that every memory has. */
export const WORDS = 4;
