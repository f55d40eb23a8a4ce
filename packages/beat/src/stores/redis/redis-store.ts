import type { Redis } from "ioredis";
import { asError, loadDriver, type Logger } from "@q/kernel";
import type {
  BeatStore,
  EntryChange,
  EntryQuery,
  EntryState,
  Lease,
  StoredSchedule,
} from "../../contracts.ts";
import { BeatStoreError, FencedError } from "../../errors.ts";
import type { StoreContext } from "../open-store.ts";
import { readScheduleUrl } from "../schedule-url.ts";
import { readDefinition, readState } from "../stored-json.ts";
import { ACQUIRE, CHANGE, FORGET, RELEASE, RENEW, SAVE } from "./redis-scripts.ts";

/** Milliseconds after which a command of which nothing is heard has failed. */
const COMMAND_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 5000;

/** An entry as Redis has it. */
type Texts = readonly [name: string, definition: string | null, enabled: string | null, state: string | null];

/**
 * Opens a schedule in Redis: `redis://host:port/db`, `rediss://`, `valkey://`; `?schedule=` names it.
 *
 * @throws {BeatStoreError} {@link MissingDriverError}
 */
export async function openRedisStore(where: string, context: StoreContext): Promise<RedisStore> {
  const { Redis } = await loadDriver("ioredis", "The schedule in Redis", () => import("ioredis"));
  const { logger } = context;
  const { url, schedule, shown } = readScheduleUrl(where.replace(/^valkey/, "redis"), context);
  const client = new Redis(url, {
    lazyConnect: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A claim that waits in a queue until Redis is back would be made when another beat leads.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1000),
  });
  client.on("error", (error: Error) => logger.debug({ err: error }, "connection of the schedule's store"));
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw new BeatStoreError(`Redis at ${shown} cannot be reached`, { cause: error });
  }
  return new RedisStore(client, { schedule, shown, logger });
}

/**
 * Keeps a schedule in Redis, under keys that begin with `{q-beat:<schedule>}`. The lease is a key that expires, by the clock
 * of the server; whoever gets it gets a greater token, and every write asks for the greatest.
 */
export class RedisStore implements BeatStore {
  readonly isShared = true;
  readonly #client: Redis;
  readonly #logger: Logger;
  readonly #description: string;
  readonly #key: (name: string) => string;

  /** @internal use `openRedisStore` */
  constructor(client: Redis, options: { schedule: string; shown: string; logger: Logger }) {
    const { schedule, shown, logger } = options;
    this.#client = client;
    this.#logger = logger;
    this.#description = `redis ${shown}, schedule ${schedule}`;
    // In braces, so that all of them are on one node of a cluster.
    this.#key = (name) => `{q-beat:${schedule}}:${name}`;
  }

  load(query: EntryQuery = {}): Promise<StoredSchedule> {
    return this.#guard(async () => {
      // Read first: what changes meanwhile has a greater version, and is read again.
      const version = Number((await this.#client.get(this.#key("version"))) ?? 0);
      const [texts, requests] = await Promise.all([
        this.#texts(query),
        this.#client.hgetall(this.#key("requests")),
      ]);
      return {
        version,
        entries: texts.map(([name, definition, enabled, state]) => ({
          name,
          definition: readDefinition(definition),
          enabled: enabled === null ? null : enabled === "1",
          state: readState(state, this.#logger),
        })),
        requests: Object.entries(requests).map(([id, name]) => ({ id, name })),
      };
    });
  }

  save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void> {
    return this.#guard(async () => {
      if (states.size === 0) return;
      const pairs = [...states].flatMap(([name, state]) => [name, JSON.stringify(state)]);
      await this.#run(SAVE, ["token", "states"], [String(lease.token), ...pairs]);
    });
  }

  forget(names: readonly string[], lease: Lease): Promise<void> {
    return this.#guard(async () => {
      const keys = ["token", "changes", "states", "definitions", "enabled"];
      await this.#run(FORGET, keys, [String(lease.token), ...names]);
    });
  }

  change(change: EntryChange): Promise<void> {
    return this.#guard(async () => {
      if (change.kind === "request" || change.kind === "done") return this.#changeRequests(change);
      const keys = ["version", "changes", "definitions", "enabled"];
      await this.#run(CHANGE, keys, [change.name, ...fieldsOf(change)]);
    });
  }

  acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#guard(async () => {
      const given = await this.#run(ACQUIRE, ["token", "lease"], [holder, String(ttlMs)]);
      return given === null ? undefined : { holder, token: Number(given) };
    });
  }

  renew(lease: Lease, ttlMs: number): Promise<number | undefined> {
    return this.#guard(async () => {
      const keys = ["token", "lease", "version"];
      const version = await this.#run(RENEW, keys, [String(lease.token), String(ttlMs)]);
      return version === null ? undefined : Number(version);
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#guard(async () => {
      await this.#run(RELEASE, ["token", "lease"], [String(lease.token)]);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  async #texts({ since, name }: EntryQuery): Promise<readonly Texts[]> {
    const hashes = ["definitions", "enabled", "states"].map((one) => this.#key(one));
    if (since === undefined && name === undefined) {
      const all = await Promise.all(hashes.map((key) => this.#client.hgetall(key)));
      const names = new Set(all.flatMap((hash) => Object.keys(hash)));
      return [...names].map((one) => [one, ...all.map((hash) => hash[one] ?? null)] as unknown as Texts);
    }
    const names =
      name === undefined
        ? await this.#client.zrangebyscore(this.#key("changes"), `(${since}`, "+inf")
        : [name];
    if (names.length === 0) return [];
    const fields = await Promise.all(hashes.map((key) => this.#client.hmget(key, ...names)));
    const texts = names.map(
      (one, index) => [one, ...fields.map((field) => field[index] ?? null)] as unknown as Texts,
    );
    // One that was removed is an answer; one that never was there is none.
    return name === undefined
      ? texts
      : texts.filter((one) => one.some((text, index) => index > 0 && text !== null));
  }

  async #changeRequests(change: Extract<EntryChange, { readonly kind: "request" | "done" }>): Promise<void> {
    const steps = this.#client.multi().incr(this.#key("version"));
    const requests = this.#key("requests");
    if (change.kind === "request") steps.hset(requests, change.request.id, change.request.name);
    else steps.hdel(requests, change.id);
    const results = await steps.exec();
    const failed = results?.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
  }

  #run(script: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return this.#client.eval(script, keys.length, ...keys.map((name) => this.#key(name)), ...values);
  }

  async #guard<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    try {
      return await work();
    } catch (thrown) {
      const cause = asError(thrown);
      if (cause.message.includes("FENCED")) throw new FencedError("another beat has the lease", { cause });
      throw new BeatStoreError(`${this.#description}: ${cause.message}`, { cause });
    }
  }
}

/** The definition and whether it is enabled, as {@link CHANGE} takes them. */
function fieldsOf(change: Extract<EntryChange, { readonly name: string }>): [string, string] {
  if (change.kind === "put") return [JSON.stringify(change.definition), "="];
  if (change.kind === "remove") return ["", ""];
  return ["=", change.enabled === null ? "" : String(Number(change.enabled))];
}
