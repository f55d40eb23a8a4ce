import { setMaxListeners } from "node:events";
import { ClosedError, Mailbox, Slots } from "@q/kernel";
import type { Job, Pool, PoolStats } from "../contracts.ts";
import { TimeLimitExceeded } from "../errors.ts";
import type { FunctionCall } from "./function-call.ts";

/** Functions by name, as they are when nobody says more: `typeof import("./jobs.js")` does. */
export type Functions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Names of the functions among the exports of a module. */
export type FunctionName<TFunctions> = {
  [TName in keyof TFunctions]: TFunctions[TName] extends (...args: never[]) => unknown ? TName : never;
}[keyof TFunctions] &
  string;

/** Arguments of one of them. */
export type FunctionArgs<TFunctions, TName extends keyof TFunctions> = TFunctions[TName] extends (
  ...args: infer TArgs
) => unknown
  ? TArgs
  : never;

/** What one of them resolves to. */
export type FunctionResult<TFunctions, TName extends keyof TFunctions> = TFunctions[TName] extends (
  ...args: never[]
) => infer TResult
  ? Awaited<TResult>
  : never;

/** What `run` takes after the name of a function; arguments may be left out where the function needs none. */
export type CallParameters<TFunctions, TName extends keyof TFunctions> =
  [] extends FunctionArgs<TFunctions, TName>
    ? [args?: FunctionArgs<TFunctions, TName>, options?: CallOptions]
    : [args: FunctionArgs<TFunctions, TName>, options?: CallOptions];

/** Options of a call. */
export interface CallOptions extends Pick<Job, "softLimitMs" | "hardLimitMs"> {
  /** Terminates the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Functions of a module, called in a pool: what `multiprocessing.Pool` is in Python. Made by `createPool`.
 *
 * Arguments and results are cloned on their way, except on the event loop.
 */
export class FunctionPool<TFunctions = Functions> implements AsyncDisposable {
  readonly #pool: Pool;
  /** Calls beyond what the pool takes wait here, where they can still be aborted. */
  readonly #places = new Slots(0);
  #calls = 0;
  /** Why there are no more calls; and why those that wait for a place do not get one. */
  #closed: string | undefined;
  #isTerminated = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The pool below: for its size, `restart`, `terminate`, `dumpStacks`. What changes its size is here. */
  get pool(): Omit<Pool, "grow" | "shrink"> {
    return this.#pool;
  }

  /**
   * Calls a function, as soon as there is room; resolves to its result and rejects with what it throws.
   *
   * @throws {ClosedError} after `close` or `terminate`
   * @throws {TimeLimitExceeded} when the hard limit is over
   * @throws {WorkerLostError} when its process or thread dies
   */
  run<TName extends FunctionName<TFunctions>>(
    name: TName,
    ...[args, options]: CallParameters<TFunctions, TName>
  ): Promise<FunctionResult<TFunctions, TName>> {
    return this.#call(name, args ?? [], options);
  }

  /** Calls a function of one argument for each item; resolves to the results, in order, or rejects with the first error, while the other calls go on. */
  map<TName extends FunctionName<TFunctions>>(
    name: TName,
    items: Iterable<FunctionArgs<TFunctions, TName>[0]>,
    options?: CallOptions,
  ): Promise<FunctionResult<TFunctions, TName>[]> {
    const calls = [...items].map((item) => [item] as FunctionArgs<TFunctions, TName>);
    return this.starmap(name, calls, options);
  }

  /** As {@link map}, with all the arguments of each call. */
  starmap<TName extends FunctionName<TFunctions>>(
    name: TName,
    calls: Iterable<FunctionArgs<TFunctions, TName>>,
    options?: CallOptions,
  ): Promise<FunctionResult<TFunctions, TName>[]> {
    return Promise.all([...calls].map((args) => this.#call(name, args, options)));
  }

  /**
   * As {@link map}, one result after the other, in order. Takes items only as fast as results are read: at most as many
   * calls are under way as the pool has slots.
   */
  async *imap<TName extends FunctionName<TFunctions>>(
    name: TName,
    items: Iterable<FunctionArgs<TFunctions, TName>[0]> | AsyncIterable<FunctionArgs<TFunctions, TName>[0]>,
    options?: CallOptions,
  ): AsyncGenerator<FunctionResult<TFunctions, TName>, void, undefined> {
    const underWay: Promise<FunctionResult<TFunctions, TName>>[] = [];
    for await (const item of items) {
      const call = this.#call(name, [item], options);
      // Awaited below, in order; a call that fails before its turn is no unhandled rejection.
      call.catch(() => {});
      underWay.push(call);
      const first = underWay.length >= this.#pool.slots ? underWay.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (const call of underWay) yield await call;
  }

  /** As {@link imap}, each result as soon as it is there. */
  async *imapUnordered<TName extends FunctionName<TFunctions>>(
    name: TName,
    items: Iterable<FunctionArgs<TFunctions, TName>[0]> | AsyncIterable<FunctionArgs<TFunctions, TName>[0]>,
    options?: CallOptions,
  ): AsyncGenerator<FunctionResult<TFunctions, TName>, void, undefined> {
    const ended = new Mailbox<{ readonly call: Promise<FunctionResult<TFunctions, TName>> } | "fed">();
    const places = new Slots(this.#pool.slots);
    const leave = new AbortController();
    let underWay = 0;
    // Beside the reading of results: the next item may be long in coming.
    const feed = async (): Promise<void> => {
      for await (const item of items) {
        if (leave.signal.aborted) return;
        const call = this.#call(name, [item], options);
        const end = (): void => ended.put({ call });
        void call.then(end, end);
        underWay++;
        places.resize(this.#pool.slots);
        if (!(await places.acquire(leave.signal))) return;
      }
    };
    places.tryAcquire();
    const fed = feed().finally(() => ended.put("fed"));
    fed.catch(() => {});
    try {
      for (let isFed = false; !isFed || underWay > 0;) {
        const next = await ended.take();
        if (next === undefined || next === "fed") {
          isFed = true;
          // Throws what the items have thrown.
          await fed;
        } else {
          underWay--;
          yield await next.call;
          places.release();
        }
      }
    } finally {
      leave.abort();
    }
  }

  /** Adds processes or threads, also for calls that wait; resolves when they are ready. `solo` stays as it is. */
  async grow(by: number): Promise<void> {
    const grown = this.#pool.grow(by);
    this.#places.resize(this.#pool.capacity);
    await grown;
  }

  /** Removes processes or threads, idle ones first, but never the last. Calls under way are not interrupted. */
  async shrink(by: number): Promise<void> {
    await this.#pool.shrink(by);
    this.#places.resize(this.#pool.capacity);
  }

  stats(): PoolStats {
    return this.#pool.stats();
  }

  /** Takes no more calls, waits for those that there are, then ends the pool. */
  async close(): Promise<void> {
    this.#closed ??= "the pool was closed";
    while (this.#places.taken > 0) await this.#pool.drain();
    await this.#pool.stop();
  }

  /** Ends the pool at once; calls that there are reject with a {@link ClosedError}. */
  async terminate(): Promise<void> {
    this.#closed = "the pool was terminated";
    this.#isTerminated = true;
    this.#pool.terminateAll(new ClosedError(this.#closed));
    await this.#pool.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #call<TName extends FunctionName<TFunctions>>(
    name: TName,
    args: readonly unknown[],
    { signal, ...limits }: CallOptions = {},
  ): Promise<FunctionResult<TFunctions, TName>> {
    if (this.#closed !== undefined) throw new ClosedError(this.#closed);
    // One signal may be that of any number of calls.
    if (signal) setMaxListeners(0, signal);
    // A pool of somebody's own may change its size by itself.
    this.#places.resize(this.#pool.capacity);
    if (!(this.#places.tryAcquire() || (await this.#places.acquire(signal)))) throw signal?.reason;
    const id = `${name}-${++this.#calls}`;
    const call: FunctionCall = { name, args };
    const abort = (): void => void this.#pool.terminate(id, signal?.reason as Error);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      if (this.#isTerminated) throw new ClosedError("the pool was terminated");
      const outcome = await this.#pool.run({ id, payload: call, ...limits });
      if (outcome.status === "failed") throw outcome.error;
      if (outcome.status === "timed out") throw new TimeLimitExceeded(outcome.limitMs);
      if (outcome.status === "lost") throw outcome.reason;
      return outcome.value as FunctionResult<TFunctions, TName>;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#places.release();
    }
  }
}
