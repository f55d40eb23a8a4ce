import type { Clock } from "@q/kernel";
import type { RevocationKind, RevocationStore } from "../contracts.ts";
import { MAX_REVOCATIONS } from "../revocations.ts";

/** Revocations in the memory of this process. */
export class MemoryRevocations {
  /** When each text is forgotten, milliseconds since 1970. */
  readonly #untilMs: Readonly<Record<RevocationKind, Map<string, number>>> = {
    id: new Map(),
    stamp: new Map(),
  };

  /** The store, with the clock of one backend. */
  withClock(clock: Clock): RevocationStore {
    return {
      add: async (kind, texts, ttlSeconds) => {
        const kept = this.#untilMs[kind];
        for (const text of texts) {
          kept.delete(text);
          kept.set(text, clock.now() + ttlSeconds * 1000);
        }
        for (const [oldest, untilMs] of kept) {
          if (kept.size <= MAX_REVOCATIONS && untilMs > clock.now()) return;
          kept.delete(oldest);
        }
      },
      list: async (kind) =>
        [...this.#untilMs[kind]].filter(([, untilMs]) => untilMs > clock.now()).map(([text]) => text),
    };
  }
}
