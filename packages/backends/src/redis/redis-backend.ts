import { asUri } from "@q/messaging/internal/client";
import { loadRedisDriver } from "@q/messaging/internal/redis";
import type {
  BackendCapabilities,
  BackendContext,
  GroupStore,
  ReplyAddress,
  ResultBackend,
  ResultMeta,
  RevocationStore,
  StoreOptions,
} from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import {
  decodeMeta,
  decodeStored,
  encodeMeta,
  openPayloadFormat,
  type PayloadFormat,
} from "../result-payload.ts";
import { isEnd } from "../retries.ts";
import { RedisChordStore } from "./redis-chord-store.ts";
import { RedisGroupStore } from "./redis-group-store.ts";
import { ResultKeys } from "./redis-keys.ts";
import { readRedisBackendOptions, type RedisBackendOptions } from "./redis-options.ts";
import { RedisRevocations } from "./redis-revocations.ts";
import { driverError, RedisResults } from "./redis-results.ts";
import { ResultNews } from "./result-news.ts";

const capabilities: BackendCapabilities = {
  persistent: true,
  push: true,
  autoExpire: true,
  shared: true,
  chords: "native",
};
/** Largest value that a Redis server takes. */
const MAX_VALUE_BYTES = 512 * 1024 * 1024;

/**
 * Results in Redis or Valkey, in Celery's own keys and formats: `celery-task-meta-<id>`, published on the channel of
 * the same name. Python peers share them.
 *
 * URLs: `redis://`, `rediss://` (`?ssl_cert_reqs=`), `socket:///path?virtual_host=db`, `sentinel://` (with
 * `master_name` in the transport options), and the same with `valkey`.
 *
 * @throws {MissingDriverError} when the package `ioredis` is not installed
 * @see wire: results, Redis backend
 */
export async function createRedisBackend(context: BackendContext): Promise<ResultBackend> {
  const options = await readRedisBackendOptions(context);
  // Here it can still be said plainly; inside of a store it would be the reason why a result is lost.
  await loadRedisDriver();
  return new RedisBackend(context, options, await openPayloadFormat(context));
}

class RedisBackend implements ResultBackend {
  readonly capabilities: BackendCapabilities = capabilities;
  readonly replyTo: string | undefined = undefined;
  readonly chords: RedisChordStore;
  readonly groups: GroupStore;
  readonly revocations: RevocationStore;
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #keys: ResultKeys;
  readonly #results: RedisResults;
  readonly #news: ResultNews;

  constructor(context: BackendContext, redis: RedisBackendOptions, format: PayloadFormat) {
    const { clock, logger } = context;
    this.#context = context;
    this.#format = format;
    this.#keys = new ResultKeys(redis.globalKeyprefix);
    const isJson = format.contentType === "application/json";
    this.#results = new RedisResults(redis, {
      clock,
      isJson: isJson && !format.compression,
      isSuccess: (payload) => isSuccess(payload, format),
    });
    const { ttlSeconds, isChordOrdered: isOrdered } = redis;
    this.chords = new RedisChordStore({
      results: this.#results,
      keys: this.#keys,
      format,
      chordFormat: { ttlSeconds, isOrdered, isJson },
    });
    this.groups = new RedisGroupStore({ results: this.#results, keys: this.#keys, format, ttlSeconds });
    this.revocations = new RedisRevocations({
      keys: this.#keys,
      clock,
      run: (doing, work) => this.#results.command(doing, work),
    });
    this.#news = new ResultNews({
      redis,
      keys: this.#keys,
      read: (keys) => this.#results.read(keys),
      decode: (id, payload) => decodeStored(id, payload, format),
      logger,
      clock,
    });
  }

  async prepare(): Promise<void> {}

  async store(
    meta: ResultMeta,
    _reply?: ReplyAddress,
    { isPatient = isEnd(meta) }: StoreOptions = {},
  ): Promise<void> {
    const payload = encodeMeta(meta, this.#format);
    if (payload.length > MAX_VALUE_BYTES) throw tooLarge(meta, payload.length);
    try {
      await this.#results.store(this.#keys.ofTask(meta.taskId), payload, { isPatient });
    } catch (error) {
      throw storeError(meta, error);
    }
  }

  async get(ids: readonly string[]): Promise<(ResultMeta | undefined)[]> {
    if (ids.length === 0) return [];
    const payloads = await this.#read(ids);
    return ids.map((id, index) => {
      const payload = payloads[index];
      return payload ? decodeStored(id, payload, this.#format) : undefined;
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.#results.delete(ids.map((id) => this.#keys.ofTask(id)));
    } catch (error) {
      throw getError("removed", ids, error);
    }
  }

  async *watch(ids: readonly string[], signal: AbortSignal): AsyncGenerator<ResultMeta, void, undefined> {
    if (signal.aborted) return;
    const watch = this.#news.open(ids);
    try {
      yield* watch.states(signal);
    } finally {
      this.#news.close(watch);
    }
  }

  /** Redis removes what has expired. */
  async cleanup(): Promise<number> {
    return 0;
  }

  asUri(): string {
    return asUri(this.#context.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#news.shutDown();
    // What is handed on meanwhile is finished there.
    const counted = this.chords.idle();
    await this.#results.close();
    await counted;
  }

  async #read(ids: readonly string[]): Promise<(Buffer | null)[]> {
    try {
      return await this.#results.read(ids.map((id) => this.#keys.ofTask(id)));
    } catch (error) {
      throw getError("read", ids, error);
    }
  }
}

/** What cannot be read may be overwritten. */
function isSuccess(payload: Buffer, format: PayloadFormat): boolean {
  try {
    return decodeMeta(payload, format).status === "SUCCESS";
  } catch {
    return false;
  }
}

function storeError({ taskId, status }: ResultMeta, error: unknown): BackendStoreError {
  const cause = driverError(error);
  return new BackendStoreError(
    `the state ${status} of task ${taskId} could not be stored in Redis: ${cause.message}. ` +
      "Check the server; the result is lost unless it is stored again.",
    { taskId, state: status, cause },
  );
}

function getError(what: string, taskIds: readonly string[], error: unknown): BackendGetError {
  const cause = driverError(error);
  const names = taskIds.length === 1 ? `the result of task ${taskIds[0]}` : `${taskIds.length} results`;
  return new BackendGetError(
    `${names} could not be ${what}: ${cause.message}. Is the Redis server up and reachable?`,
    {
      taskIds,
      cause,
    },
  );
}

function tooLarge({ taskId, status }: ResultMeta, bytes: number): BackendStoreError {
  return new BackendStoreError(
    `the result of task ${taskId} has ${bytes} bytes; Redis takes at most ${MAX_VALUE_BYTES}. ` +
      "Store it elsewhere and return where it is.",
    { taskId, state: status },
  );
}
