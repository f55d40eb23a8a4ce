import type { Redis } from "ioredis";
import { asError, loadDriver, type Logger } from "@q/kernel";
import type {
  BeatStore,
  EntryChange,
  EntryState,
  Lease,
  RunRequest,
  StoredSchedule,
} from "../../contracts.ts";
import type { EntryJson } from "../../entry.ts";
import { BeatStoreError, FencedError } from "../../errors.ts";
import type { StoreContext } from "../open-store.ts";
import { ACQUIRE, FORGET, RELEASE, RENEW, SAVE } from "./redis-scripts.ts";

/** Milliseconds after which a command of which nothing is heard has failed. */
const COMMAND_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 5000;

/** What is stored of a definition. */
interface StoredDefinition {
  readonly definition: EntryJson | null;
  readonly enabled: boolean | null;
}

/**
 * Opens a schedule in Redis: `redis://host:port/db`, `rediss://`, `valkey://`. `?prefix=` names the schedule; its default
 * is `q-beat`.
 *
 * @throws {BeatStoreError} {@link MissingDriverError}
 */
export async function openRedisStore(where: string, { logger }: StoreContext): Promise<RedisStore> {
  const { Redis } = await loadDriver(
    "ioredis",
    "The schedule in Redis",
    // oxlint-disable-next-line no-restricted-imports -- loaded on first use, which is what the rule is for
    () => import("ioredis"),
  );
  const url = new URL(where.replace(/^valkey/, "redis"));
  const prefix = url.searchParams.get("prefix") ?? "q-beat";
  url.search = "";
  const client = new Redis(url.href, {
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
    throw new BeatStoreError(`Redis at ${url.host} cannot be reached`, { cause: error });
  }
  return new RedisStore(client, { prefix, host: url.host, logger });
}

/**
 * Keeps a schedule in Redis, under keys that begin with its prefix. The lease is a key that expires, by the clock of
 * the server; whoever gets it gets a greater token, and every write asks for the greatest.
 */
export class RedisStore implements BeatStore {
  readonly description: string;
  readonly isShared = true;
  readonly #client: Redis;
  readonly #logger: Logger;
  readonly #keys: Readonly<Record<"token" | "lease" | "version" | "states" | "entries" | "requests", string>>;

  /** @internal use `openRedisStore` */
  constructor(client: Redis, options: { prefix: string; host: string; logger: Logger }) {
    const { prefix, host, logger } = options;
    this.#client = client;
    this.#logger = logger;
    this.description = `redis ${host}, prefix ${prefix}`;
    // In braces, so that all of them are on one node of a cluster.
    const key = (name: string): string => `{${prefix}}:${name}`;
    this.#keys = {
      token: key("token"),
      lease: key("lease"),
      version: key("version"),
      states: key("states"),
      entries: key("entries"),
      requests: key("requests"),
    };
  }

  load(): Promise<StoredSchedule> {
    return this.#guard(async () => {
      const { version, states, entries, requests } = this.#keys;
      // Read first: what changes meanwhile has a greater version, and is read again.
      const number = Number((await this.#client.get(version)) ?? 0);
      const [stateOf, definitionOf, asked] = await Promise.all([
        this.#client.hgetall(states),
        this.#client.hgetall(entries),
        this.#client.hgetall(requests),
      ]);
      const names = [...new Set([...Object.keys(stateOf), ...Object.keys(definitionOf)])];
      return {
        version: number,
        entries: names.map((name) => {
          const { definition = null, enabled = null } =
            this.#read<StoredDefinition>(definitionOf[name]) ?? {};
          return { name, definition, enabled, state: this.#read<EntryState>(stateOf[name]) };
        }),
        requests: Object.entries(asked).map(([id, name]): RunRequest => ({ id, name })),
      };
    });
  }

  save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void> {
    return this.#guard(async () => {
      if (states.size === 0) return;
      const pairs = [...states].flatMap(([name, state]) => [name, JSON.stringify(state)]);
      const { token, states: key } = this.#keys;
      await this.#client.eval(SAVE, 2, token, key, String(lease.token), ...pairs);
    });
  }

  forget(names: readonly string[], lease: Lease): Promise<void> {
    return this.#guard(async () => {
      const { token, states, entries } = this.#keys;
      await this.#client.eval(FORGET, 3, token, states, entries, String(lease.token), ...names);
    });
  }

  change(change: EntryChange): Promise<void> {
    return this.#guard(async () => {
      const { version, entries, requests } = this.#keys;
      const steps = this.#client.multi();
      if (change.kind === "request") steps.hset(requests, change.request.id, change.request.name);
      else if (change.kind === "done") steps.hdel(requests, change.id);
      else if (change.kind === "remove") steps.hdel(entries, change.name);
      else {
        const known = this.#read<StoredDefinition>(await this.#client.hget(entries, change.name));
        const { definition = null, enabled = null } = known ?? {};
        const next: StoredDefinition =
          change.kind === "put"
            ? { definition: change.definition, enabled }
            : { definition, enabled: change.enabled };
        steps.hset(entries, change.name, JSON.stringify(next));
      }
      const results = await steps.incr(version).exec();
      const failed = results?.find(([error]) => error !== null)?.[0];
      if (failed) throw failed;
    });
  }

  acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#guard(async () => {
      const { token, lease } = this.#keys;
      const given = await this.#client.eval(ACQUIRE, 2, token, lease, holder, String(ttlMs));
      return given === null ? undefined : { holder, token: Number(given) };
    });
  }

  renew(lease: Lease, ttlMs: number): Promise<number | undefined> {
    return this.#guard(async () => {
      const { token, lease: key, version } = this.#keys;
      const found = await this.#client.eval(
        RENEW,
        3,
        token,
        key,
        version,
        String(lease.token),
        String(ttlMs),
      );
      return found === null ? undefined : Number(found);
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#guard(async () => {
      await this.#client.eval(RELEASE, 2, this.#keys.token, this.#keys.lease, String(lease.token));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  async #guard<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    try {
      return await work();
    } catch (thrown) {
      const cause = asError(thrown);
      if (cause.message.includes("FENCED")) throw new FencedError("another beat has the lease", { cause });
      throw new BeatStoreError(`${this.description}: ${cause.message}`, { cause });
    }
  }

  /** What somebody else has put there is as good as nothing. */
  #read<TValue>(text: string | null | undefined): TValue | null {
    if (text === null || text === undefined) return null;
    try {
      return JSON.parse(text) as TValue;
    } catch (error) {
      this.#logger.error({ err: asError(error) }, "an entry in Redis cannot be read");
      return null;
    }
  }
}
