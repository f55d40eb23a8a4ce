import type { Clock } from "@q/kernel";

/** Celery's bounds: `CELERY_WORKER_REVOKES_MAX` and `CELERY_WORKER_REVOKE_EXPIRES`. */
const MAX_IDS = 50_000;
const EXPIRES_MS = 10_800_000;

/** Ids of revoked tasks: bounded in number and in age, the oldest go first. */
export class RevokedIds {
  readonly #clock: Clock;
  readonly #since = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#since.size;
  }

  add(id: string): void {
    this.#since.delete(id);
    this.#since.set(id, this.#clock.monotonic());
    for (const [oldest, since] of this.#since) {
      if (this.#since.size <= MAX_IDS && this.#clock.monotonic() - since < EXPIRES_MS) return;
      this.#since.delete(oldest);
    }
  }

  has(id: string): boolean {
    if (this.#since.size === 0) return false;
    const since = this.#since.get(id);
    return since !== undefined && this.#clock.monotonic() - since < EXPIRES_MS;
  }

  ids(): string[] {
    return [...this.#since.keys()];
  }
}
