import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";

/** Both do nothing when the lock belongs to somebody else by now. */
const RENEW = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`;

/**
 * Does `work` unless it is being done already under this key, by any process; `undefined` then. The lock is renewed
 * while the work goes on, and runs out `leaseMs` after the death of its holder. `signal` aborts when it is lost, which
 * happens when Redis or this process stands still for longer than that: the work should end then.
 */
export async function onlyOne<TValue>(
  redis: Redis,
  { key, leaseMs }: { key: string; leaseMs: number },
  work: (signal: AbortSignal) => Promise<TValue>,
): Promise<TValue | undefined> {
  const token = randomUUID();
  if ((await redis.set(key, token, "PX", leaseMs, "NX")) === null) return undefined;
  const lost = new AbortController();
  const renewal = setInterval(() => {
    redis.eval(RENEW, 1, key, token, leaseMs).then(
      (renewed) => renewed === 0 && lost.abort(new Error(`the lock ${key} is lost`)),
      // Redis is away: the next attempt may still be in time.
      () => {},
    );
  }, leaseMs / 3);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(renewal);
    await redis.eval(RELEASE, 1, key, token);
  }
}
