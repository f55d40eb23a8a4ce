import type { Clock } from "@q/kernel";
import { CHORD_CLAIM_MS, type ChordProgress } from "../chord-store.ts";

/** What is kept of one member. */
export interface MemoryPart {
  readonly taskId: string;
  readonly position: number;
  readonly isSuccess: boolean;
  readonly body: Buffer;
}

interface Chord {
  size: number | undefined;
  extra: number;
  /** Only who ends it before its time may have it. */
  isTakenAway: boolean;
  isEnded: boolean;
  claim: { readonly attempt: string; readonly taskId: string | undefined; untilMs: number } | undefined;
  readonly parts: Map<string, MemoryPart>;
  expiresAtMs: number;
}

/** The chords of a memory store, by group id. */
export class MemoryChords {
  readonly #chords = new Map<string, Chord>();
  /** Messages that have begun, by their keys. */
  readonly #begun = new Map<string, { readonly attempt: string; readonly expiresAtMs: number }>();

  change(
    groupId: string,
    by: { size?: number; extra?: number },
    time: { nowMs: number; ttlMs: number },
  ): void {
    const chord = this.#chord(groupId, time);
    chord.size = by.size ?? chord.size;
    chord.extra += by.extra ?? 0;
  }

  count(groupId: string, part: MemoryPart, at: Attempt): ChordProgress {
    const chord = this.#chord(groupId, at);
    if (chord.isEnded) return "waiting";
    if (!chord.parts.get(part.taskId)?.isSuccess) chord.parts.set(part.taskId, part);
    if (chord.size === undefined || chord.parts.size < chord.size + chord.extra) return "waiting";
    return chord.isTakenAway ? "waiting" : claim(chord, part.taskId, at);
  }

  take(groupId: string, at: Attempt): ChordProgress {
    if (!this.#chords.has(groupId)) return "waiting";
    const chord = this.#chord(groupId, at);
    if (chord.isEnded) return "waiting";
    if (claim(chord, undefined, at) !== "last") return "taken";
    chord.isTakenAway = true;
    return "last";
  }

  begin(key: string, { attempt, nowMs, ttlMs }: Attempt): boolean {
    if ((this.begunBy(key, nowMs) ?? attempt) !== attempt) return false;
    this.#begun.delete(key);
    this.#begun.set(key, { attempt, expiresAtMs: nowMs + ttlMs });
    return true;
  }

  parts(groupId: string): MemoryPart[] {
    const parts = [...(this.#chords.get(groupId)?.parts.values() ?? [])];
    return parts.sort((a, b) => a.position - b.position);
  }

  renew(groupId: string, attempt: string, nowMs: number): void {
    const claimed = this.#chords.get(groupId)?.claim;
    if (claimed?.attempt === attempt) claimed.untilMs = nowMs + CHORD_CLAIM_MS;
  }

  end(groupId: string, time: { nowMs: number; ttlMs: number }): void {
    const chord = this.#chord(groupId, time);
    chord.isEnded = true;
    chord.claim = undefined;
    chord.parts.clear();
  }

  begunBy(key: string, nowMs: number): string | undefined {
    const held = this.#begun.get(key);
    return held && held.expiresAtMs > nowMs ? held.attempt : undefined;
  }

  removeExpired(nowMs: number): void {
    for (const map of [this.#chords, this.#begun]) {
      for (const [id, { expiresAtMs }] of map) {
        if (expiresAtMs > nowMs) break;
        map.delete(id);
      }
    }
  }

  #chord(groupId: string, { nowMs, ttlMs }: { nowMs: number; ttlMs: number }): Chord {
    let chord = this.#chords.get(groupId);
    if (chord === undefined || chord.expiresAtMs <= nowMs) {
      chord = {
        size: undefined,
        extra: 0,
        isTakenAway: false,
        isEnded: false,
        claim: undefined,
        parts: new Map(),
        expiresAtMs: 0,
      };
    }
    chord.expiresAtMs = nowMs + ttlMs;
    // Moved to the end: with one lifetime for all, the order of the map is the order of expiry.
    this.#chords.delete(groupId);
    this.#chords.set(groupId, chord);
    return chord;
  }
}

/** Who asks, and when. */
export interface Attempt {
  readonly attempt: string;
  readonly nowMs: number;
  readonly ttlMs: number;
}

function claim(chord: Chord, taskId: string | undefined, { attempt, nowMs }: Attempt): ChordProgress {
  const held = chord.claim;
  if (held && held.attempt !== attempt && held.untilMs > nowMs) {
    return taskId !== undefined && held.taskId === taskId ? "taken" : "waiting";
  }
  chord.claim = { attempt, taskId, untilMs: nowMs + CHORD_CLAIM_MS };
  return "last";
}

/** The moment, for one call. */
export const momentOf = (clock: Clock, ttlMs: number | undefined): { nowMs: number; ttlMs: number } => ({
  nowMs: clock.now(),
  ttlMs: ttlMs ?? Infinity,
});
