import type { Clock } from "@q/kernel";
import type { RedisSocket } from "@q/messaging/internal/redis";
import type { RevocationStore } from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import { MAX_REVOCATIONS } from "../revocations.ts";
import { driverError } from "./redis-results.ts";

/** What {@link RedisRevocations} work with. */
export interface RedisRevocationsContext {
  readonly key: string;
  readonly clock: Clock;
  /** Runs commands, tried again while the server is away. */
  readonly run: <TResult>(doing: string, work: (socket: RedisSocket) => Promise<TResult>) => Promise<TResult>;
}

/** Revoked ids in a sorted set, by the time (seconds since 1970) at which each is forgotten. The set goes with the last. */
export class RedisRevocations implements RevocationStore {
  readonly #context: RedisRevocationsContext;

  constructor(context: RedisRevocationsContext) {
    this.#context = context;
  }

  async add(ids: readonly string[], ttlSeconds: number): Promise<void> {
    if (ids.length === 0) return;
    const { key, clock, run } = this.#context;
    const now = clock.now() / 1000;
    const members = ids.flatMap((id) => [now + ttlSeconds, id]);
    try {
      await run("recording a revocation", (socket) =>
        Promise.all([
          socket.call("ZADD", [key, ...members]),
          socket.call("ZREMRANGEBYSCORE", [key, "-inf", now]),
          socket.call("ZREMRANGEBYRANK", [key, 0, -MAX_REVOCATIONS - 1]),
          socket.call("PEXPIRE", [key, Math.ceil(ttlSeconds * 1000)]),
        ]),
      );
    } catch (error) {
      throw new BackendStoreError(
        `a revocation could not be stored in Redis: ${driverError(error).message}.`,
        {
          taskId: ids[0] ?? "",
          state: "REVOKED",
          cause: driverError(error),
        },
      );
    }
  }

  async list(): Promise<readonly string[]> {
    const { key, clock, run } = this.#context;
    try {
      return (await run("reading revocations", (socket) =>
        socket.call("ZRANGEBYSCORE", [key, clock.now() / 1000, "+inf"]),
      )) as string[];
    } catch (error) {
      const cause = driverError(error);
      throw new BackendGetError(`the revoked ids could not be read: ${cause.message}.`, {
        taskIds: [],
        cause,
      });
    }
  }
}
