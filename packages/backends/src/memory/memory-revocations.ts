import type { Clock } from "@q/kernel";
import type { RevocationStore } from "../contracts.ts";
import { MAX_REVOCATIONS } from "../revocations.ts";

/** Revoked ids in the memory of this process. */
export class MemoryRevocations {
  readonly #untilMs = new Map<string, number>();

  /** The store, with the clock of one backend. */
  withClock(clock: Clock): RevocationStore {
    return {
      add: async (ids, ttlSeconds) => {
        for (const id of ids) {
          this.#untilMs.delete(id);
          this.#untilMs.set(id, clock.now() + ttlSeconds * 1000);
        }
        for (const [oldest, untilMs] of this.#untilMs) {
          if (this.#untilMs.size <= MAX_REVOCATIONS && untilMs > clock.now()) return;
          this.#untilMs.delete(oldest);
        }
      },
      list: async () => [...this.#untilMs].filter(([, untilMs]) => untilMs > clock.now()).map(([id]) => id),
    };
  }
}
