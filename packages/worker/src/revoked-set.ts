import type { Clock } from "@q/kernel";
import { revokeExpiresSeconds } from "@q/core/internal/control";

/** Celery's bound, and its variable. */
const defaultMaxSize = (): number => {
  const given = Number(process.env["CELERY_WORKER_REVOKES_MAX"] ?? Number.NaN);
  return Number.isInteger(given) && given > 0 ? given : 50_000;
};

/** How much a {@link RevokedSet} keeps, and for how long. */
export interface RevokedBounds {
  /** Default the variable `CELERY_WORKER_REVOKES_MAX`, else 50000. */
  readonly maxSize?: number;
  /** Default the variable `CELERY_WORKER_REVOKE_EXPIRES`, else 10800. */
  readonly expiresSeconds?: number;
}

/** Ids of revoked tasks, or texts of revoked stamps: bounded in number and in age, the oldest go first. */
export class RevokedSet {
  readonly #clock: Clock;
  readonly #maxSize: number;
  readonly #expiresMs: number;
  /** Monotonic milliseconds. */
  readonly #since = new Map<string, number>();
  /** Called when something was added. */
  onChange: (() => void) | undefined;

  constructor(clock: Clock, bounds: RevokedBounds = {}) {
    this.#clock = clock;
    this.#maxSize = bounds.maxSize ?? defaultMaxSize();
    this.#expiresMs = (bounds.expiresSeconds ?? revokeExpiresSeconds()) * 1000;
  }

  get size(): number {
    return this.#since.size;
  }

  /** `ageMs` is how long ago it was revoked. */
  add(text: string, ageMs: number = 0): void {
    if (ageMs >= this.#expiresMs) return;
    const now = this.#clock.monotonic();
    if (ageMs > 0 && this.#since.has(text)) return;
    this.#since.delete(text);
    this.#since.set(text, now - ageMs);
    this.onChange?.();
    for (const [oldest, since] of this.#since) {
      if (this.#since.size <= this.#maxSize && now - since < this.#expiresMs) return;
      this.#since.delete(oldest);
    }
  }

  has(text: string): boolean {
    if (this.#since.size === 0) return false;
    const since = this.#since.get(text);
    return since !== undefined && this.#clock.monotonic() - since < this.#expiresMs;
  }

  texts(): string[] {
    return this.entries().map(([text]) => text);
  }

  /** Takes over what another worker knows, a list or the keys of an object, and returns what was new. */
  merge(known: unknown): string[] {
    const texts: readonly unknown[] = Array.isArray(known)
      ? known
      : typeof known === "object" && known !== null
        ? Object.keys(known)
        : [];
    const fresh = texts.filter((text): text is string => typeof text === "string" && !this.has(text));
    for (const text of fresh) this.add(text);
    return fresh;
  }

  /**
   * The form that Python workers take over. With times they would want those of their own clock, and as numbers with a
   * fraction, which JSON made here does not have.
   */
  forPeers(): readonly string[] | Readonly<Record<never, never>> {
    const texts = this.texts();
    return texts.length === 0 ? {} : texts;
  }

  /** What is in force with its age in milliseconds, the oldest first. */
  entries(): [text: string, ageMs: number][] {
    const now = this.#clock.monotonic();
    return [...this.#since]
      .filter(([, since]) => now - since < this.#expiresMs)
      .map(([text, since]) => [text, now - since]);
  }
}
