import { asError, QError, sleep } from "@q/kernel";
import { Alarm } from "./alarm.ts";
import type { Lease } from "./contracts.ts";
import { Term, type TermParts } from "./term.ts";

/** Who asks for the lease, and for how long. */
export interface LeaseOptions {
  /** Unique name of this beat. */
  readonly holder: string;
  readonly leaseMs: number;
}

/**
 * Decides whether this beat sends. It asks for the lease, leads a {@link Term} while it has it, and asks again when it has
 * lost it. A lease is trusted only as long as it surely lasts, counted from before it was asked for: a process that
 * was frozen finds its lease too old, and sends nothing more.
 */
export class Leadership {
  readonly #parts: TermParts;
  readonly #options: LeaseOptions;
  readonly #alarm: Alarm;
  #term: Term | undefined;
  #lease: Lease | undefined;
  /** Monotonic time until which the lease surely lasts. */
  #validUntil = -Infinity;
  #loading: Promise<void> = Promise.resolve();

  constructor(parts: TermParts, options: LeaseOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#alarm = new Alarm(parts.clock);
  }

  get isLeading(): boolean {
    return this.#term !== undefined && this.#isValid();
  }

  /** The first attempt; its failure is the program's to hear. */
  async start(): Promise<void> {
    this.#lease = await this.#acquire();
    if (this.#lease === undefined) return;
    try {
      await this.#begin(this.#lease);
    } catch (error) {
      await this.#parts.store.release(this.#lease).catch(() => {});
      throw error;
    }
  }

  /** Leads and follows until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      this.#term?.end();
      this.#alarm.ring();
    };
    signal.addEventListener("abort", stop, { once: true });
    const { logger, clock } = this.#parts;
    while (!signal.aborted) {
      try {
        this.#lease ??= await this.#acquire();
        if (this.#lease === undefined) {
          // A quarter of the lease: the hand-over takes at most five quarters of it.
          await this.#alarm.wait(this.#options.leaseMs / 4);
          continue;
        }
        if (this.#term === undefined) await this.#begin(this.#lease);
        await this.#lead(this.#lease, signal);
      } catch (thrown) {
        const err = asError(thrown);
        if (QError.is(err) && err.code === "ERR_Q_BEAT_FENCED")
          logger.warn({ err }, "another beat leads now");
        else logger.error({ err }, "the store of the schedule cannot be used; trying again");
        await this.#abdicate();
        await sleep(1000, { clock, signal });
      }
    }
    await this.#abdicate();
  }

  /** Takes in what was changed in the store. */
  async changed(): Promise<void> {
    if (this.#term !== undefined) await this.#load(this.#term);
  }

  async #acquire(): Promise<Lease | undefined> {
    const { store, clock } = this.#parts;
    const asked = clock.monotonic();
    const lease = await store.acquire(this.#options.holder, this.#options.leaseMs);
    if (lease !== undefined) this.#validUntil = store.isShared ? asked + this.#options.leaseMs : Infinity;
    return lease;
  }

  #isValid(): boolean {
    return this.#parts.clock.monotonic() < this.#validUntil;
  }

  async #begin(lease: Lease): Promise<void> {
    const term = new Term(this.#parts, lease, () => this.#isValid());
    await term.load();
    this.#term = term;
    this.#parts.logger.info({ token: lease.token }, "leading: periodic tasks are sent from here");
    this.#parts.listeners.leading?.();
  }

  async #lead(lease: Lease, signal: AbortSignal): Promise<void> {
    const { store, logger } = this.#parts;
    const term = this.#term as Term;
    if (signal.aborted) term.end();
    const ended = new AbortController();
    const unwatch = store.watch?.(() => {
      this.#load(term).catch((error: unknown) => {
        logger.error({ err: asError(error) }, "changes of the schedule cannot be read");
      });
    });
    const renewing = store.isShared ? this.#renew(term, lease, ended.signal) : undefined;
    await term.run();
    unwatch?.();
    await this.#within(term.drain());
    ended.abort();
    this.#alarm.ring();
    await renewing;
    await this.#abdicate();
  }

  /** Keeps the lease while the term lasts, and learns of changes by the way. Never rejects. */
  async #renew(term: Term, lease: Lease, ended: AbortSignal): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const { leaseMs } = this.#options;
    while (!ended.aborted) {
      await this.#alarm.wait(leaseMs / 3);
      if (ended.aborted) return;
      const asked = clock.monotonic();
      try {
        const version = await store.renew(lease, leaseMs);
        if (version === undefined) {
          logger.warn({}, "the lease is lost: another beat leads now");
          this.#validUntil = -Infinity;
        } else {
          this.#validUntil = asked + leaseMs;
          if (version !== term.version) await this.#load(term);
        }
      } catch (error) {
        logger.warn({ err: asError(error) }, "the lease could not be renewed");
      }
      if (!this.#isValid()) return term.end();
    }
  }

  /** One after another: an older answer must not come after a newer one. */
  #load(term: Term): Promise<void> {
    const loading = this.#loading.then(() => term.load());
    this.#loading = loading.catch(() => {});
    return loading;
  }

  /** A sender that does not answer holds up the end for as long as a lease at most. */
  async #within(work: Promise<void>): Promise<void> {
    const late = new AbortController();
    await Promise.race([work, sleep(Math.max(this.#options.leaseMs, 5000), { signal: late.signal })]);
    late.abort();
  }

  async #abdicate(): Promise<void> {
    const [lease, term] = [this.#lease, this.#term];
    this.#lease = undefined;
    this.#term = undefined;
    this.#validUntil = -Infinity;
    term?.end();
    if (term !== undefined) this.#parts.listeners.following?.();
    if (lease === undefined) return;
    await this.#parts.store.release(lease).catch((error: unknown) => {
      this.#parts.logger.debug(
        { err: asError(error) },
        "the lease could not be given back; it ends by itself",
      );
    });
  }
}
