import type { RedisKeys } from "../keys.ts";
import { Script, type ScriptRunner } from "./script.ts";

const script = new Script(`
redis.call('ZREM', KEYS[2], unpack(ARGV))
return redis.call('HDEL', KEYS[1], unpack(ARGV))
`);

/** Most tags of one call: Lua's stack has room for 8000. */
export const MAX_ACKNOWLEDGED = 1000;

/** Ends leases for good and returns how many were still ours: fewer than `tags` means that some had run out. */
export async function acknowledge(
  runner: ScriptRunner,
  keys: RedisKeys,
  tags: readonly string[],
): Promise<number> {
  return Number(await script.run(runner, [keys.unacked, keys.unackedIndex], tags));
}
