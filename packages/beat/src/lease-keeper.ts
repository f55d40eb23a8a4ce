import { asError, type Clock, type Logger } from "@q/kernel";
import { Alarm } from "./alarm.ts";
import type { BeatStore, Lease } from "./contracts.ts";

/** What a {@link LeaseKeeper} works with. */
export interface LeaseParts {
  readonly store: BeatStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Unique name of the beat. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** What is told of a lease: that it was renewed and which version the schedule has, or that it is over. */
export interface LeaseListeners {
  readonly renewed: (version: number) => void;
  readonly lost: () => void;
}

/**
 * Holds a lease, and renews it. It is trusted only as long as it surely lasts, counted from before it was asked for: a
 * process that was frozen finds its lease too old. A store that is not shared gives a lease for good.
 */
export class LeaseKeeper {
  readonly lease: Lease;
  readonly #parts: LeaseParts;
  readonly #alarm: Alarm;
  /** Monotonic time until which the lease surely lasts. */
  #validUntil: number;
  #isOver = false;
  #renewing: Promise<void> | undefined;

  private constructor(parts: LeaseParts, lease: Lease, askedAt: number) {
    this.#parts = parts;
    this.lease = lease;
    this.#alarm = new Alarm(parts.clock);
    this.#validUntil = parts.store.isShared ? askedAt + parts.leaseMs : Infinity;
  }

  /** Asks for the lease; `undefined` when another beat has it. @throws {BeatStoreError} */
  static async acquire(parts: LeaseParts): Promise<LeaseKeeper | undefined> {
    const askedAt = parts.clock.monotonic();
    const lease = await parts.store.acquire(parts.holder, parts.leaseMs);
    return lease === undefined ? undefined : new LeaseKeeper(parts, lease, askedAt);
  }

  get isValid(): boolean {
    return this.#parts.clock.monotonic() < this.#validUntil;
  }

  /** Renews the lease from now on. */
  keep(listeners: LeaseListeners): void {
    if (this.#parts.store.isShared) this.#renewing = this.#renew(listeners);
  }

  /** Gives the lease back. Never rejects: it also ends by itself. */
  async release(): Promise<void> {
    this.#isOver = true;
    this.#alarm.ring();
    await this.#renewing;
    this.#validUntil = -Infinity;
    await this.#parts.store.release(this.lease).catch((error: unknown) => {
      this.#parts.logger.debug(
        { err: asError(error) },
        "the lease could not be given back; it ends by itself",
      );
    });
  }

  async #renew({ renewed, lost }: LeaseListeners): Promise<void> {
    const { store, clock, logger, leaseMs } = this.#parts;
    for (;;) {
      await this.#alarm.wait(leaseMs / 3);
      if (this.#isOver) return;
      const askedAt = clock.monotonic();
      try {
        const version = await store.renew(this.lease, leaseMs);
        if (version === undefined) {
          logger.warn({}, "the lease is lost: another beat leads now");
          this.#validUntil = -Infinity;
        } else {
          this.#validUntil = askedAt + leaseMs;
          renewed(version);
        }
      } catch (error) {
        logger.warn({ err: asError(error) }, "the lease could not be renewed");
      }
      if (!this.isValid) return lost();
    }
  }
}
