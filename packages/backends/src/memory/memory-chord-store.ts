import type { BackendContext } from "../contracts.ts";
import type { ChordPart, ChordProgress, ChordStore } from "../chord-store.ts";
import { decodePart, encodePart } from "../chord-part-codec.ts";
import type { PayloadFormat } from "../result-payload.ts";
import { type Attempt, type MemoryChords, momentOf } from "./memory-chords.ts";

/** Chords in the memory of this process. */
export class MemoryChordStore implements ChordStore {
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #chords: MemoryChords;

  constructor(context: BackendContext, format: PayloadFormat, chords: MemoryChords) {
    this.#context = context;
    this.#format = format;
    this.#chords = chords;
  }

  async setSize(groupId: string, size: number): Promise<void> {
    this.#chords.change(groupId, { size }, this.#moment());
  }

  async grow(groupId: string): Promise<void> {
    this.#chords.change(groupId, { extra: 1 }, this.#moment());
  }

  async part(part: ChordPart, attempt: string): Promise<ChordProgress> {
    const { groupId, taskId, groupIndex: position = Infinity, status } = part;
    const body = encodePart(part, this.#format);
    const counted = { taskId, position, isSuccess: status === "SUCCESS", body };
    return this.#chords.count(groupId, counted, this.#attempt(attempt));
  }

  async take(groupId: string, attempt: string): Promise<ChordProgress> {
    return this.#chords.take(groupId, this.#attempt(attempt));
  }

  async parts(groupId: string): Promise<ChordPart[]> {
    return this.#chords.parts(groupId).map(({ body }) => decodePart(groupId, body, this.#format));
  }

  async renew(groupId: string, attempt: string): Promise<void> {
    this.#chords.renew(groupId, attempt, this.#context.clock.now());
  }

  async end(groupId: string): Promise<void> {
    this.#chords.end(groupId, this.#moment());
  }

  async begin(key: string, attempt: string): Promise<boolean> {
    return this.#chords.begin(key, this.#attempt(attempt));
  }

  async begunBy(key: string): Promise<string | undefined> {
    return this.#chords.begunBy(key, this.#context.clock.now());
  }

  #attempt(attempt: string): Attempt {
    return { attempt, ...this.#moment() };
  }

  #moment(): { nowMs: number; ttlMs: number } {
    const { clock, expiresSeconds } = this.#context;
    return momentOf(clock, expiresSeconds ? expiresSeconds * 1000 : undefined);
  }
}
