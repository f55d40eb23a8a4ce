import type { Clock } from "@q/kernel";
import type { RedisSocket } from "@q/messaging/internal/redis";
import type { RevocationKind, RevocationStore } from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import { MAX_REVOCATIONS } from "../revocations.ts";
import type { ResultKeys } from "./redis-keys.ts";
import { driverError } from "./redis-results.ts";
import { RedisScript } from "./redis-script.ts";

/** What {@link RedisRevocations} work with. */
export interface RedisRevocationsContext {
  readonly keys: ResultKeys;
  readonly clock: Clock;
  /** Runs commands, tried again while the server is away. */
  readonly run: <TResult>(doing: string, work: (socket: RedisSocket) => Promise<TResult>) => Promise<TResult>;
}

/**
 * KEYS: the set. ARGV: now, the time until which the texts are kept, how many may be kept, the texts. The set lives as
 * long as its last member, which may be an older one that is kept for longer.
 */
const addScript = new RedisScript(`
local call, key, now = redis.call, KEYS[1], tonumber(ARGV[1])
for i = 4, #ARGV do call('ZADD', key, ARGV[2], ARGV[i]) end
call('ZREMRANGEBYSCORE', key, '-inf', now)
call('ZREMRANGEBYRANK', key, 0, -tonumber(ARGV[3]) - 1)
local last = call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
if last then call('PEXPIRE', key, math.ceil((tonumber(last) - now) * 1000)) end
`);

/** Revocations in a sorted set for each kind, by the time (seconds since 1970) at which each is forgotten. */
export class RedisRevocations implements RevocationStore {
  readonly #context: RedisRevocationsContext;

  constructor(context: RedisRevocationsContext) {
    this.#context = context;
  }

  async add(kind: RevocationKind, texts: readonly string[], ttlSeconds: number): Promise<void> {
    if (texts.length === 0) return;
    const { keys, clock, run } = this.#context;
    const now = clock.now() / 1000;
    const args = [now, now + ttlSeconds, MAX_REVOCATIONS, ...texts];
    try {
      await run("recording a revocation", (socket) =>
        addScript.run(socket, [keys.ofRevocations(kind)], args),
      );
    } catch (error) {
      const cause = driverError(error);
      throw new BackendStoreError(`a revocation could not be stored in Redis: ${cause.message}.`, {
        taskId: texts[0] ?? "",
        state: "REVOKED",
        cause,
      });
    }
  }

  async list(kind: RevocationKind): Promise<readonly string[]> {
    const { keys, clock, run } = this.#context;
    try {
      return (await run("reading revocations", (socket) =>
        socket.call("ZRANGEBYSCORE", [keys.ofRevocations(kind), clock.now() / 1000, "+inf"]),
      )) as string[];
    } catch (error) {
      const cause = driverError(error);
      throw new BackendGetError(`the revocations could not be read: ${cause.message}.`, {
        taskIds: [],
        cause,
      });
    }
  }
}
