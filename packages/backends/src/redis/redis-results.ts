import { asError, Batcher, type Clock } from "@q/kernel";
import { ConnectionError } from "@q/messaging";
import { classifyRedisError, type RedisSocket } from "@q/messaging/internal/redis";
import { withRetries } from "../retries.ts";
import { RedisLink } from "./redis-link.ts";
import type { RedisBackendOptions } from "./redis-options.ts";
import { storeAll, type StoreItem } from "./store-script.ts";

/** Bytes that one script call may carry: the server does nothing else meanwhile. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;

/** Commands under way at once that do not travel in batches. */
const MAX_COMMANDS = 64;

/** Every item has the number of failures before it; see {@link RedisResults}. */
interface Queued {
  readonly round: number;
}
type QueuedStore = StoreItem & Queued;
type QueuedCommand = Queued & {
  readonly doing: string;
  readonly run: (socket: RedisSocket) => Promise<unknown>;
};
type QueuedKeys = Queued & { readonly keys: readonly string[] };

/** How {@link RedisResults} works. */
export interface RedisResultsOptions {
  readonly clock: Clock;
  /** Payloads are plain JSON, so that the server itself can tell a success. */
  readonly isJson: boolean;
  /** Tells a success in any other format. */
  readonly isSuccess: (payload: Buffer) => boolean;
}

/**
 * Keys of the store: written, read and deleted in batches, tried again while the server is away.
 *
 * When a batch gives up, those that were waiting behind it give up at once: they have waited as long.
 */
export class RedisResults {
  readonly #redis: RedisBackendOptions;
  readonly #options: RedisResultsOptions;
  readonly #link: RedisLink;
  readonly #closing = new AbortController();
  readonly #stores: Batcher<QueuedStore>;
  readonly #reads: Batcher<QueuedKeys, (Buffer | null)[]>;
  readonly #deletions: Batcher<QueuedKeys>;
  readonly #commands: Batcher<QueuedCommand, unknown>;
  #failures = 0;
  #lastFailure: unknown;

  constructor(redis: RedisBackendOptions, options: RedisResultsOptions) {
    this.#redis = redis;
    this.#options = options;
    this.#link = new RedisLink(redis);
    this.#stores = new Batcher({
      flush: (batch) => this.#attempt("storing results", batch, (s, items) => this.#store(s, items)),
    });
    this.#reads = new Batcher({ flush: (batch) => this.#attempt("reading results", batch, read) });
    this.#deletions = new Batcher({ flush: (batch) => this.#attempt("removing results", batch, remove) });
    this.#commands = new Batcher({
      flush: ([command]) => this.#command(command as QueuedCommand),
      maxBatch: 1,
      maxInFlight: MAX_COMMANDS,
    });
  }

  store(key: string, payload: Buffer): Promise<void> {
    return this.#stores.add({ key, payload, round: this.#failures });
  }

  read(keys: readonly string[]): Promise<(Buffer | null)[]> {
    return this.#reads.add({ keys, round: this.#failures });
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#deletions.add({ keys, round: this.#failures });
  }

  /** Runs commands that may be repeated, by themselves. */
  async command<TResult>(doing: string, run: (socket: RedisSocket) => Promise<TResult>): Promise<TResult> {
    return (await this.#commands.add({ doing, run, round: this.#failures })) as TResult;
  }

  /** Finishes what was begun, then closes. */
  async close(): Promise<void> {
    if (this.#link.socket === undefined) this.#closing.abort();
    const queues = [this.#stores, this.#reads, this.#deletions, this.#commands];
    await Promise.all(queues.map((queue) => queue.idle()));
    this.#closing.abort();
    this.#link.close();
  }

  async #command(command: QueuedCommand): Promise<[unknown]> {
    return [await this.#attempt(command.doing, [command], (socket) => command.run(socket))];
  }

  async #attempt<TItem extends Queued, TResult>(
    doing: string,
    items: readonly TItem[],
    run: (socket: RedisSocket, items: readonly TItem[]) => Promise<TResult>,
  ): Promise<TResult> {
    if (items[0]?.round !== this.#failures) throw this.#lastFailure;
    const { clock } = this.#options;
    const beginMs = clock.monotonic();
    const isInTime = (): boolean => clock.monotonic() - beginMs < this.#redis.socket.replyTimeoutMs;
    try {
      return await withRetries(async () => run(this.#link.socket ?? (await this.#link.connect()), items), {
        delays: this.#redis.delays,
        isRetryable: (error) => isTransient(error) && (this.#redis.retriesTimeouts || isInTime()),
        clock,
        signal: this.#closing.signal,
      });
    } catch (thrown) {
      const failure = classifyRedisError(thrown, doing);
      // The server is there when it answers with an error: that concerns this batch alone.
      if (failure instanceof ConnectionError) {
        this.#failures++;
        this.#lastFailure = failure;
      }
      throw failure;
    }
  }

  async #store(socket: RedisSocket, items: readonly StoreItem[]): Promise<void> {
    const { ttlSeconds } = this.#redis;
    const { isJson, isSuccess } = this.#options;
    const precedence = isJson ? "json" : "ask";
    const calls = inCalls(items).map(async (part) => {
      for (let left = part; left.length > 0;) {
        const held = await storeAll(socket, left, { ttlSeconds, precedence });
        const asked = left;
        left = held
          .filter(({ payload }) => !isSuccess(payload))
          .map(({ index, payload }) => ({ ...(asked[index] as StoreItem), expected: payload }));
      }
    });
    await Promise.all(calls);
  }
}

/** Worth another attempt. */
export function isTransient(error: Error): boolean {
  return classifyRedisError(error, "") instanceof ConnectionError;
}

async function read(socket: RedisSocket, items: readonly QueuedKeys[]): Promise<(Buffer | null)[][]> {
  const wanted = items.flatMap(({ keys }) => keys);
  const values = (await socket.callBuffer("MGET", wanted)) as (Buffer | null)[];
  let at = 0;
  return items.map(({ keys }) => values.slice(at, (at += keys.length)));
}

async function remove(socket: RedisSocket, items: readonly QueuedKeys[]): Promise<void> {
  await socket.callBuffer(
    "DEL",
    items.flatMap(({ keys }) => keys),
  );
}

function inCalls(items: readonly StoreItem[]): StoreItem[][] {
  const calls: StoreItem[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    bytes += item.payload.length;
    if (bytes > MAX_CALL_BYTES && calls.at(-1)?.length !== 0) {
      calls.push([]);
      bytes = item.payload.length;
    }
    calls.at(-1)?.push(item);
  }
  return calls;
}

/** The reason of a failure in the driver's own words. */
export function driverError(error: unknown): Error {
  const known = asError(error);
  return known.cause instanceof Error ? known.cause : known;
}
