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
      // Expires what is to be expired by then, instead of waiting for it; all at once, because time passes meanwhile.
      const age = async (key: string): Promise<void> => {
        const leftMs = await client.pttl(key);
        if (leftMs > 0) await client.pexpire(key, Math.max(0, leftMs - ms));
      };
      const [metas, chords] = await Promise.all(
        ["celery-task-meta-*", "celery-taskset-meta-*.q"].map((pattern) => client.keys(pattern)),
      );
      const ofChord = async (key: string): Promise<void> => {
        const untilMs = await client.hget(key, "until");
        if (untilMs !== null) await client.hset(key, "until", String(Number(untilMs) - ms));
      };
      const ofRevoked = async (key: string): Promise<void> => {
        const texts = await client.zrange(key, 0, "-1");
        await Promise.all(texts.map((text) => client.zincrby(key, String(-ms / 1000), text)));
        await age(key);
      };
      await Promise.all([
        ...(metas ?? []).map(age),
        ...(chords ?? []).map(ofChord),
        ...["_q.revoked", "_q.revoked-stamps"].map(ofRevoked),
      ]);
    },
    injectRaw: async (id, raw) => void (await client.set(`celery-task-meta-${id}`, raw)),
    [Symbol.asyncDispose]: async () => client.disconnect(),
  };
}
