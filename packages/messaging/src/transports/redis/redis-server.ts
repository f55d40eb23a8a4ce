import type { Logger } from "@q/kernel";
import { ConnectionError } from "../../errors.ts";
import { isReply } from "./redis-errors.ts";
import type { RedisSocket } from "./redis-socket.ts";

/** Oldest server with all the commands we use. */
const OLDEST = [6, 2] as const;

/**
 * Looks at a server before it is used.
 *
 * @throws {ConnectionError} when it is too old, or still loads its data
 */
export async function inspectServer(socket: RedisSocket, logger: Logger): Promise<void> {
  const facts = await readFacts(socket);
  if (facts === undefined) return;
  if (facts.get("loading") === "1")
    throw new ConnectionError("Redis is loading its data. Try again in a moment.");
  const version = facts.get("redis_version");
  if (version !== undefined && isOlder(version)) {
    throw new ConnectionError(
      `this server speaks like Redis ${version}; Q needs ${OLDEST.join(".")} or newer. Upgrade it.`,
    );
  }
  const policy = facts.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && facts.get("maxmemory") !== "0") {
    logger.warn(
      { code: "ERR_Q_REDIS_EVICTION", policy },
      "this Redis may evict queues and bindings when its memory is full; set maxmemory-policy to noeviction",
    );
  }
}

/** `undefined` where the rights do not suffice to ask. */
async function readFacts(socket: RedisSocket): Promise<Map<string, string> | undefined> {
  try {
    const text = String(await socket.call("INFO", []));
    return new Map(
      text.split("\r\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
    );
  } catch (error) {
    if (error instanceof Error && isReply(error) && !error.message.startsWith("NOAUTH")) return undefined;
    throw error;
  }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
