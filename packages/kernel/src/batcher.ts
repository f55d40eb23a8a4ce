import { coalesce } from "./coalesce.ts";
import { deferred, type Deferred } from "./deferred.ts";

/** How a {@link Batcher} works. */
export interface BatcherOptions<TItem, TResult> {
  /**
   * Performs one batch. Resolves to one result per item, in order, or to nothing when items have no result.
   * A rejection rejects every item of that batch.
   */
  readonly flush: (items: readonly TItem[]) => Promise<readonly TResult[] | void>;
  /** Largest batch. Default 1000. */
  readonly maxBatch?: number;
  /** Batches that may be under way at once. Default 4: enough to hide a round trip, few enough to let batches grow. */
  readonly maxInFlight?: number;
}

/**
 * Turns many small operations into few large ones: items added because of one event travel together, and while
 * `maxInFlight` batches are under way the next one grows. Batches start in the order of their items.
 *
 * States: *idle*; *armed* (items wait for the end of this event, see {@link coalesce}); *saturated* (items wait for a
 * batch to finish).
 */
export class Batcher<TItem, TResult = void> {
  readonly #flush: BatcherOptions<TItem, TResult>["flush"];
  readonly #maxBatch: number;
  readonly #maxInFlight: number;
  #items: TItem[] = [];
  #waiters: (Deferred<TResult> | undefined)[] = [];
  readonly #arm: () => void = coalesce(() => this.#start());
  #inFlight = 0;
  #idle: Deferred<void> | undefined;

  constructor(options: BatcherOptions<TItem, TResult>) {
    this.#flush = options.flush;
    this.#maxBatch = options.maxBatch ?? 1000;
    this.#maxInFlight = options.maxInFlight ?? 4;
  }

  /** Items not yet handed to `flush`. */
  get pending(): number {
    return this.#items.length;
  }

  /** Adds an item; settles with its batch. */
  add(item: TItem): Promise<TResult> {
    const waiter = deferred<TResult>();
    this.#push(item, waiter);
    return waiter.promise;
  }

  /** Adds an item whose outcome nobody waits for; errors of its batch surface in {@link idle} and to other items. */
  post(item: TItem): void {
    this.#push(item, undefined);
  }

  /** Resolves when everything added so far has been flushed, successfully or not. */
  idle(): Promise<void> {
    if (this.#items.length === 0 && this.#inFlight === 0) return Promise.resolve();
    this.#idle ??= deferred();
    return this.#idle.promise;
  }

  #push(item: TItem, waiter: Deferred<TResult> | undefined): void {
    this.#items.push(item);
    this.#waiters.push(waiter);
    this.#arm();
  }

  #start(): void {
    while (this.#items.length > 0 && this.#inFlight < this.#maxInFlight) {
      const items = this.#items.splice(0, this.#maxBatch);
      const waiters = this.#waiters.splice(0, this.#maxBatch);
      this.#inFlight++;
      void this.#run(items, waiters);
    }
  }

  async #run(items: readonly TItem[], waiters: readonly (Deferred<TResult> | undefined)[]): Promise<void> {
    try {
      const results = await this.#flush(items);
      waiters.forEach((waiter, index) => waiter?.resolve(results?.[index] as TResult));
    } catch (error) {
      for (const waiter of waiters) waiter?.reject(error);
    }
    this.#inFlight--;
    this.#start();
    if (this.#items.length > 0 || this.#inFlight > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}
