import type { BackendContext, ResultBackend } from "@q/backends";
import { createRedisBackend } from "@q/backends/redis";
import { backendContext, type BackendHarness } from "@q/backends/testing";
import type { RedisServer } from "../harness/index.ts";

/** What every Redis backend of these tests can do. */
export const redisCapabilities = {
  persistent: true,
  push: true,
  autoExpire: true,
  shared: true,
  chords: "native",
} as const;

/** A result backend on that server. */
export async function redisBackend(
  url: string,
  changes: Partial<BackendContext> = {},
): Promise<ResultBackend> {
  return createRedisBackend(backendContext(url, changes));
}

/** A harness of the contract kit on that server. Expiry is real time. */
export function redisHarness(server: RedisServer, changes: Partial<BackendContext> = {}): BackendHarness {
  const client = server.client();
  return {
    capabilities: redisCapabilities,
    connect: ({ expiresSeconds = 60 } = {}) => redisBackend(server.url, { ...changes, expiresSeconds }),
    passTime: async (ms) => {
      // Expires what is to be expired by then, instead of waiting for it.
      for (const key of await client.keys("celery-task-meta-*")) {
        const leftMs = await client.pttl(key);
        if (leftMs > 0) await client.pexpire(key, Math.max(0, leftMs - ms));
      }
      for (const key of await client.keys("celery-taskset-meta-*.q")) {
        const untilMs = await client.hget(key, "until");
        if (untilMs !== null) await client.hset(key, "until", String(Number(untilMs) - ms));
      }
      for (const key of ["_q.revoked", "_q.revoked-stamps"]) {
        for (const text of await client.zrange(key, 0, "-1"))
          await client.zincrby(key, String(-ms / 1000), text);
        const leftMs = await client.pttl(key);
        if (leftMs > 0) await client.pexpire(key, Math.max(0, leftMs - ms));
      }
    },
    injectRaw: async (id, raw) => void (await client.set(`celery-task-meta-${id}`, raw)),
    [Symbol.asyncDispose]: async () => client.disconnect(),
  };
}
