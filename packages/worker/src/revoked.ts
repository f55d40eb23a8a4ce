import type { Clock } from "@q/kernel";
import { revokeExpiresSeconds } from "@q/core/internal";

/** Celery's bound, and its variable. */
const maxIds = (): number => {
  const given = Number(process.env["CELERY_WORKER_REVOKES_MAX"] ?? Number.NaN);
  return Number.isInteger(given) && given > 0 ? given : 50_000;
};

/** How many ids a {@link RevokedIds} keeps, and for how long. */
export interface RevokedBounds {
  /** Default the variable `CELERY_WORKER_REVOKES_MAX`, else 50000. */
  readonly maxIds?: number;
  /** Default the variable `CELERY_WORKER_REVOKE_EXPIRES`, else 10800. */
  readonly expiresSeconds?: number;
}

/** Ids of revoked tasks: bounded in number and in age, the oldest go first. */
export class RevokedIds {
  readonly #clock: Clock;
  readonly #maxIds: number;
  readonly #expiresMs: number;
  /** Monotonic milliseconds. */
  readonly #since = new Map<string, number>();
  /** Called when an id was added. */
  onChange: (() => void) | undefined;

  constructor(clock: Clock, bounds: RevokedBounds = {}) {
    this.#clock = clock;
    this.#maxIds = bounds.maxIds ?? maxIds();
    this.#expiresMs = (bounds.expiresSeconds ?? revokeExpiresSeconds()) * 1000;
  }

  get size(): number {
    return this.#since.size;
  }

  /** `ageMs` is how long ago it was revoked. */
  add(id: string, ageMs: number = 0): void {
    if (ageMs >= this.#expiresMs) return;
    const now = this.#clock.monotonic();
    if (ageMs > 0 && this.#since.has(id)) return;
    this.#since.delete(id);
    this.#since.set(id, now - ageMs);
    this.onChange?.();
    for (const [oldest, since] of this.#since) {
      if (this.#since.size <= this.#maxIds && now - since < this.#expiresMs) return;
      this.#since.delete(oldest);
    }
  }

  has(id: string): boolean {
    if (this.#since.size === 0) return false;
    const since = this.#since.get(id);
    return since !== undefined && this.#clock.monotonic() - since < this.#expiresMs;
  }

  ids(): string[] {
    return this.entries().map(([id]) => id);
  }

  /** Takes over what another worker knows: a list of ids, or an object whose keys they are. */
  merge(known: unknown): string[] {
    const ids: readonly unknown[] = Array.isArray(known)
      ? known
      : typeof known === "object" && known !== null
        ? Object.keys(known)
        : [];
    const fresh = ids.filter((id): id is string => typeof id === "string" && !this.has(id));
    for (const id of fresh) this.add(id);
    return fresh;
  }

  /**
   * The form that Python workers take over. With times they would want those of their own clock, and as numbers with a
   * fraction, which JSON made here does not have.
   */
  forPeers(): readonly string[] | Readonly<Record<never, never>> {
    const ids = this.ids();
    return ids.length === 0 ? {} : ids;
  }

  /** The ids in force with their age in milliseconds, the oldest first. */
  entries(): [id: string, ageMs: number][] {
    const now = this.#clock.monotonic();
    return [...this.#since]
      .filter(([, since]) => now - since < this.#expiresMs)
      .map(([id, since]) => [id, now - since]);
  }
}
