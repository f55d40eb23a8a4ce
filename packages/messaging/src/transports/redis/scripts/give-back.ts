import type { RedisKeys } from "../keys.ts";
import { luaEnvelope, luaJson } from "./lua-json.ts";
import { Script, type ScriptRunner } from "./script.ts";

/** Lua that gives one lease back. Needs the JSON and envelope parts. */
const luaGiveBack = `
local function release(tag)
  redis.call('ZREM', KEYS[2], tag)
  redis.call('HDEL', KEYS[1], tag)
end

-- "done", "lost" (somebody else has it), or "named" with an exchange and routing key that Lua cannot resolve.
local function giveBack(to, tag, queues)
  local value = redis.call('HGET', KEYS[1], tag)
  if not value then
    redis.call('ZREM', KEYS[2], tag)
    return 'lost'
  end
  local from = byte(value, 1) == 91 and skipBlank(value, 2)
  local stop = from and byte(value, from) == 123 and skipValue(value, from)
  local isRead, rest = pcall(cjson.decode, '[null' .. sub(value, stop or 1))
  if not stop or not isRead or type(rest) ~= 'table' then
    park(to.prefix, 'unacked', value)
    release(tag)
    return 'done'
  end
  local exchange = type(rest[2]) == 'string' and rest[2] or ''
  local routingKey = type(rest[3]) == 'string' and rest[3] or ''
  if exchange ~= '' and not queues then return 'named', exchange, routingKey end
  local envelope = sub(value, from, stop - 1)
  local priority = priorityOf(envelope)
  if to.isMarked then envelope = markRedelivered(envelope) end
  for _, queue in ipairs(queues or { routingKey }) do
    redis.call(to.push, listFor(to.prefix, to.sep, to.steps, queue, priority), envelope)
  end
  if queues and #queues == 0 then park(to.prefix, routingKey, envelope) end
  release(tag)
  return 'done'
end

local to = { prefix = ARGV[1], sep = ARGV[2], steps = ARGV[3], push = ARGV[4], isMarked = ARGV[5] == '1' }
`;

const giveBackScript = new Script(
  luaJson,
  luaEnvelope,
  luaGiveBack,
  `
local lost = 0
for i = 6, #ARGV do
  if giveBack(to, ARGV[i]) == 'lost' then lost = lost + 1 end
end
return lost
`,
);

const restoreScript = new Script(
  luaJson,
  luaEnvelope,
  luaGiveBack,
  `
-- Who holds the mutex is a Python peer in the middle of the same work.
if redis.call('EXISTS', KEYS[3]) == 1 then return { 0, 0 } end
local latest, limit = now() - ARGV[6], tonumber(ARGV[7])
local tags = redis.call('ZREVRANGEBYSCORE', KEYS[2], string.format('%.6f', latest), 0, 'LIMIT', 0, limit)
local reply = { #tags, 0 }
for _, tag in ipairs(tags) do
  local outcome, exchange, routingKey = giveBack(to, tag)
  if outcome == 'done' then reply[2] = reply[2] + 1 end
  if outcome == 'named' then
    reply[#reply + 1] = tag
    reply[#reply + 1] = exchange
    reply[#reply + 1] = routingKey
  end
end
return reply
`,
);

const restoreToScript = new Script(
  luaJson,
  luaEnvelope,
  luaGiveBack,
  `
local score = redis.call('ZSCORE', KEYS[2], ARGV[7])
if not score or tonumber(score) > now() - ARGV[6] then return 0 end
local queues = {}
for i = 8, #ARGV do queues[#queues + 1] = ARGV[i] end
return giveBack(to, ARGV[7], queues) == 'done' and 1 or 0
`,
);

/** Which end of the queue a message goes to: `next` is consumed next, `last` behind all that wait. */
export type QueueEnd = "next" | "last";

/** How {@link giveBack} works. */
export interface GiveBackOptions {
  readonly keys: RedisKeys;
  readonly end: QueueEnd;
  /** Whether the messages carry the mark of a second delivery. */
  readonly isMarked: boolean;
}

/** Gives leased messages back to the queues they came from, in the order of `tags`; returns how many leases were lost. */
export async function giveBack(
  runner: ScriptRunner,
  tags: readonly string[],
  { keys, end, isMarked }: GiveBackOptions,
): Promise<number> {
  const push = end === "next" ? "RPUSH" : "LPUSH";
  const args = [...placesOf(keys), push, isMarked ? 1 : 0, ...tags];
  return Number(await giveBackScript.run(runner, [keys.unacked, keys.unackedIndex], args));
}

/** What a sweep for expired leases found. */
export interface Restored {
  /** Expired leases that were looked at; as many as allowed means that there may be more. */
  readonly seen: number;
  /** Messages given back. */
  readonly restored: number;
  /** Python's messages of named exchanges, still leased: where they belong stands in the bindings. */
  readonly named: readonly { readonly tag: string; readonly exchange: string; readonly routingKey: string }[];
}

/** Gives messages back whose leases ran out, whoever held them; the newest first, so that the oldest is next. */
export async function restoreExpired(
  runner: ScriptRunner,
  keys: RedisKeys,
  options: { visibilityTimeout: number; limit: number },
): Promise<Restored> {
  const args = [...placesOf(keys), "RPUSH", 1, options.visibilityTimeout, options.limit];
  const keyList = [keys.unacked, keys.unackedIndex, keys.unackedMutex];
  const [seen, restored, ...rest] = (await restoreScript.run(runner, keyList, args)) as (string | number)[];
  const named = [];
  for (let i = 0; i < rest.length; i += 3) {
    named.push({ tag: String(rest[i]), exchange: String(rest[i + 1]), routingKey: String(rest[i + 2]) });
  }
  return { seen: Number(seen), restored: Number(restored), named };
}

/** Gives one expired message to `queues`; without any it is parked. False when somebody else was faster. */
export async function restoreTo(
  runner: ScriptRunner,
  keys: RedisKeys,
  options: { visibilityTimeout: number; tag: string; queues: readonly string[] },
): Promise<boolean> {
  const args = [...placesOf(keys), "RPUSH", 1, options.visibilityTimeout, options.tag, ...options.queues];
  return Number(await restoreToScript.run(runner, [keys.unacked, keys.unackedIndex], args)) === 1;
}

function placesOf(keys: RedisKeys): string[] {
  return [keys.prefix, keys.sep, keys.steps.join(",")];
}
