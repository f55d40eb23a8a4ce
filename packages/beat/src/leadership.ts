import { asError, QError, sleep } from "@q/kernel";
import { Alarm } from "./alarm.ts";
import { LeaseKeeper, type LeaseParts } from "./lease-keeper.ts";
import { Term, type TermParts } from "./term.ts";

/** Pause after the store could not be used. */
const RETRY_MS = 1000;
/** How long the end of a term waits for a sender that does not answer; at least a lease. */
const MIN_DRAIN_MS = 5000;

/** Decides whether this beat sends: it asks for the lease, leads a {@link Term} while it has it, and asks again. */
export class Leadership {
  readonly #parts: TermParts & LeaseParts;
  readonly #alarm: Alarm;
  #keeper: LeaseKeeper | undefined;
  #term: Term | undefined;
  #loading: Promise<void> = Promise.resolve();

  constructor(parts: TermParts & LeaseParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.clock);
  }

  get isLeading(): boolean {
    return this.#term !== undefined && this.#keeper?.isValid === true;
  }

  /** The first attempt; its failure is the program's to hear. */
  async start(): Promise<void> {
    try {
      await this.#tryBegin();
    } catch (error) {
      await this.#abdicate();
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
    const { logger, clock, leaseMs } = this.#parts;
    while (!signal.aborted) {
      try {
        const term = this.#term ?? (await this.#tryBegin());
        // A quarter of the lease: the hand-over takes at most five quarters of it.
        if (term === undefined) await this.#alarm.wait(leaseMs / 4);
        else await this.#lead(term, signal);
      } catch (thrown) {
        const err = asError(thrown);
        if (QError.is(err) && err.code === "ERR_Q_BEAT_FENCED")
          logger.warn({ err }, "another beat leads now");
        else logger.error({ err }, "the store of the schedule cannot be used; trying again");
        await this.#abdicate();
        await sleep(RETRY_MS, { clock, signal });
      }
    }
    await this.#abdicate();
  }

  /** Takes in what was changed in the store. */
  async changed(): Promise<void> {
    if (this.#term !== undefined) await this.#load(this.#term);
  }

  /** Begins a term when the lease is to be had. */
  async #tryBegin(): Promise<Term | undefined> {
    const keeper = await LeaseKeeper.acquire(this.#parts);
    if (keeper === undefined) return undefined;
    this.#keeper = keeper;
    const term = new Term(this.#parts, keeper.lease, () => keeper.isValid);
    // From now on: reading very many entries may take longer than a lease lasts.
    keeper.keep({
      renewed: (version) => {
        if (version !== term.version) this.#follow(term);
      },
      lost: () => term.end(),
    });
    await this.#load(term);
    this.#term = term;
    this.#parts.logger.info({ token: keeper.lease.token }, "leading: periodic tasks are sent from here");
    this.#parts.listeners.leading?.();
    return term;
  }

  async #lead(term: Term, signal: AbortSignal): Promise<void> {
    if (signal.aborted) term.end();
    const unwatch = this.#parts.store.watch?.(() => this.#follow(term));
    // What was changed between the first look and the watching.
    if (unwatch !== undefined) this.#follow(term);
    await term.run();
    unwatch?.();
    await this.#within(term.drain());
    await this.#abdicate();
  }

  #follow(term: Term): void {
    this.#load(term).catch((error: unknown) => {
      this.#parts.logger.error({ err: asError(error) }, "changes of the schedule cannot be read");
    });
  }

  /** One after another: an older answer must not come after a newer one. */
  #load(term: Term): Promise<void> {
    const loading = this.#loading.then(() => term.load());
    this.#loading = loading.catch(() => {});
    return loading;
  }

  async #within(work: Promise<void>): Promise<void> {
    const late = new AbortController();
    const limitMs = Math.max(this.#parts.leaseMs, MIN_DRAIN_MS);
    await Promise.race([work, sleep(limitMs, { signal: late.signal })]);
    late.abort();
  }

  async #abdicate(): Promise<void> {
    const [keeper, term] = [this.#keeper, this.#term];
    this.#keeper = undefined;
    this.#term = undefined;
    term?.end();
    if (term !== undefined) this.#parts.listeners.following?.();
    await keeper?.release();
  }
}
