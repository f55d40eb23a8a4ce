import { asError, Batcher, type Clock, sleep } from "@q/kernel";
import { ConnectionError } from "@q/messaging/internal/client";
import { classifyRedisError, isOutOfMemory, type RedisSocket } from "@q/messaging/internal/redis";
import { type RetryDelays, withRetries } from "../retries.ts";
import { RedisLink } from "./redis-link.ts";
import type { RedisBackendOptions } from "./redis-options.ts";
import { storeAll, type StoreItem } from "./store-script.ts";

/** Bytes that one script call may carry: the server does nothing else meanwhile. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;

/**
 * How long a server that is full is tried again. No longer: the task may hold back the consuming that makes room, which
 * nearly always takes some milliseconds.
 */
const FULL_MS = 2000;

/** A server that has gone silent must not keep who closes: that long for what was begun. */
const CLOSE_MS = 2000;

/** Commands under way at once that do not travel in batches. */
const MAX_COMMANDS = 64;

/** Every item has the number of failures before it; see {@link RedisResults}. */
interface Queued {
  readonly round: number;
}
type QueuedStore = StoreItem & Queued & { readonly isPatient: boolean };
type QueuedCommand = Queued & {
  readonly doing: string;
  readonly run: (socket: RedisSocket) => Promise<unknown>;
  readonly delays: RetryDelays;
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
      flush: (batch) =>
        this.#attempt(
          {
            doing: "storing results",
            delays: batch.some(({ isPatient }) => isPatient) ? redis.patientDelays : redis.delays,
          },
          batch,
          (s, items) => this.#store(s, items),
        ),
    });
    const { delays } = redis;
    this.#reads = new Batcher({
      flush: (batch) => this.#attempt({ doing: "reading results", delays }, batch, read),
    });
    this.#deletions = new Batcher({
      flush: (batch) => this.#attempt({ doing: "removing results", delays }, batch, remove),
    });
    this.#commands = new Batcher({
      flush: ([command]) => this.#command(command as QueuedCommand),
      maxBatch: 1,
      maxInFlight: MAX_COMMANDS,
    });
  }

  store(key: string, payload: Buffer, { isPatient }: { readonly isPatient: boolean }): Promise<void> {
    return this.#stores.add({ key, payload, isPatient, round: this.#failures });
  }

  read(keys: readonly string[]): Promise<(Buffer | null)[]> {
    return this.#reads.add({ keys, round: this.#failures });
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#deletions.add({ keys, round: this.#failures });
  }

  /** Runs commands that may be repeated, by themselves; a patient one is tried for as long as results are. */
  async command<TResult>(
    doing: string,
    run: (socket: RedisSocket) => Promise<TResult>,
    { isPatient = false }: { readonly isPatient?: boolean } = {},
  ): Promise<TResult> {
    const delays = isPatient ? this.#redis.patientDelays : this.#redis.delays;
    return (await this.#commands.add({ doing, run, delays, round: this.#failures })) as TResult;
  }

  /** Finishes what was begun, if that is soon, then closes. */
  async close(): Promise<void> {
    if (this.#link.socket === undefined) this.#closing.abort();
    const queues = [this.#stores, this.#reads, this.#deletions, this.#commands];
    const finished = new AbortController();
    const late = sleep(CLOSE_MS, { clock: this.#options.clock, signal: finished.signal });
    await Promise.race([late, Promise.all(queues.map((queue) => queue.idle()))]);
    finished.abort();
    this.#closing.abort();
    this.#link.close();
  }

  async #command(command: QueuedCommand): Promise<[unknown]> {
    return [await this.#attempt(command, [command], (socket) => command.run(socket))];
  }

  async #attempt<TItem extends Queued, TResult>(
    { doing, delays }: Pick<QueuedCommand, "doing" | "delays">,
    items: readonly TItem[],
    run: (socket: RedisSocket, items: readonly TItem[]) => Promise<TResult>,
  ): Promise<TResult> {
    if (items[0]?.round !== this.#failures) throw this.#lastFailure;
    const { clock } = this.#options;
    const beginMs = clock.monotonic();
    const isWithin = (limitMs: number): boolean => clock.monotonic() - beginMs < limitMs;
    const isRetryable = (error: Error): boolean =>
      isOutOfMemory(error)
        ? isWithin(FULL_MS)
        : isTransient(error) && (this.#redis.retriesTimeouts || isWithin(this.#redis.socket.replyTimeoutMs));
    try {
      return await withRetries(async () => run(this.#link.socket ?? (await this.#link.connect()), items), {
        delays,
        isRetryable,
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

/** SET, with a time to live in seconds unless that is 0, for ever. */
export async function setFor(
  socket: RedisSocket,
  args: readonly [key: string, value: string | Buffer],
  ttlSeconds: number,
): Promise<void> {
  await socket.callBuffer("SET", ttlSeconds > 0 ? [...args, "EX", ttlSeconds] : [...args]);
}

/** The reason of a failure in the driver's own words. */
export function driverError(error: unknown): Error {
  const known = asError(error);
  return known.cause instanceof Error ? known.cause : known;
}
