import { MAX_TAG_BYTES } from "./scripts/claim.ts";

const SLOT_BYTES = MAX_TAG_BYTES + 2;
/** Slots of one chunk: 64 KiB. */
const CHUNK_SLOTS = 1024;

/**
 * The delivery tags we hold, in memory that a thread can read while our own event loop is blocked. A message costs
 * one short write when it comes and one byte when it goes; nothing is sent to the thread for it.
 *
 * A slot is one byte with the tag's length, 0 when it is free, and the tag. A tag that is read while it changes is
 * none that the server knows, so that no lock is needed: renewing such a tag does nothing.
 */
export class LeaseSlots {
  readonly #onChunk: (chunk: SharedArrayBuffer) => void;
  readonly #chunks: Buffer[] = [];
  readonly #free: number[] = [];

  /** `onChunk` is told of new memory, to be handed to the thread. */
  constructor(onChunk: (chunk: SharedArrayBuffer) => void) {
    this.#onChunk = onChunk;
  }

  /** Remembers a tag and returns the number of its slot. */
  hold(tag: string): number {
    const slot = this.#free.pop() ?? this.#grow();
    const chunk = this.#chunks[Math.floor(slot / CHUNK_SLOTS)] as Buffer;
    const at = (slot % CHUNK_SLOTS) * SLOT_BYTES;
    chunk[at] = chunk.write(tag, at + 1, MAX_TAG_BYTES);
    return slot;
  }

  release(slot: number): void {
    const chunk = this.#chunks[Math.floor(slot / CHUNK_SLOTS)] as Buffer;
    chunk[(slot % CHUNK_SLOTS) * SLOT_BYTES] = 0;
    this.#free.push(slot);
  }

  #grow(): number {
    const shared = new SharedArrayBuffer(CHUNK_SLOTS * SLOT_BYTES);
    const first = this.#chunks.length * CHUNK_SLOTS;
    this.#chunks.push(Buffer.from(shared));
    for (let slot = first + CHUNK_SLOTS - 1; slot > first; slot--) this.#free.push(slot);
    this.#onChunk(shared);
    return first;
  }
}

/** All tags in a chunk of {@link LeaseSlots}. */
export function heldTags(chunk: SharedArrayBuffer): string[] {
  const bytes = Buffer.from(chunk);
  const tags: string[] = [];
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const length = bytes[at] ?? 0;
    if (length > 0) tags.push(bytes.toString("utf8", at + 1, at + 1 + Math.min(length, MAX_TAG_BYTES)));
  }
  return tags;
}
