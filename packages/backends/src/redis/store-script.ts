import type { RedisSocket } from "@q/messaging/internal/redis";
import { type RedisArgument, RedisScript } from "./redis-script.ts";

/**
 * What becomes of a state when the key holds one already: `json` keeps a SUCCESS and overwrites the rest; `ask`
 * returns what is there and overwrites it only when it is what the caller expects.
 */
export type Precedence = "json" | "ask";

/**
 * KEYS: the keys, which are the names of the channels, too. ARGV: seconds to live (0: for ever), precedence, lengths of
 * the payloads, all payloads in one piece, and the same two of what the caller expects to be there, if anything.
 *
 * One piece, because the driver spends more on each argument than the server on cutting them out. Most keys are new,
 * and one SET tells. Of the others it reads as little as it can: Celery and we write the status first.
 */
const script = new RedisScript(`
local call, ttl, precedence = redis.call, tonumber(ARGV[1]), ARGV[2]
-- Nearly always: one state, and the first.
if #KEYS == 1 and ttl > 0 and call('SET', KEYS[1], ARGV[4], 'EX', ttl, 'NX') then
  call('PUBLISH', KEYS[1], ARGV[4])
  return {}
end
local function cut(lengths, whole)
  local parts, at = {}, 1
  for digits in string.gmatch(lengths or '', '%d+') do
    local after = at + tonumber(digits)
    parts[#parts + 1] = string.sub(whole, at, after - 1)
    at = after
  end
  return parts
end
local function set(key, payload, condition)
  if ttl > 0 then
    if condition then return call('SET', key, payload, 'EX', ttl, condition) end
    return call('SET', key, payload, 'EX', ttl)
  end
  if condition then return call('SET', key, payload, condition) end
  return call('SET', key, payload)
end
local function isSuccess(key)
  local head = redis.pcall('GETRANGE', key, 0, 31)
  if type(head) ~= 'string' then return false end
  if string.find(head, '^{"status": ?"') then return string.find(head, '^{"status": ?"SUCCESS"') ~= nil end
  local isJson, meta = pcall(cjson.decode, call('GET', key))
  return isJson and type(meta) == 'table' and meta.status == 'SUCCESS'
end
local payloads, expected, held = cut(ARGV[3], ARGV[4]), cut(ARGV[5], ARGV[6]), {}
for i, key in ipairs(KEYS) do
  local payload = payloads[i]
  local isSet = set(key, payload, 'NX')
  if not isSet then
    local present = precedence == 'ask' and redis.pcall('GET', key)
    if type(present) == 'string' and present ~= expected[i] then
      held[#held + 1] = i - 1
      held[#held + 1] = present
    elseif precedence ~= 'json' or not isSuccess(key) then
      isSet = set(key, payload)
    end
  end
  if isSet then call('PUBLISH', key, payload) end
end
return held
`);

/** One state to store. */
export interface StoreItem {
  readonly key: string;
  readonly payload: Buffer;
  /** With `ask`: what may be overwritten. */
  readonly expected?: Buffer;
}

/** A key that was left alone, and what it holds. */
export interface HeldItem {
  /** Position among the items. */
  readonly index: number;
  readonly payload: Buffer;
}

/** Stores and publishes states in one step. Resolves to what was left alone; always nothing unless asked for. */
export async function storeAll(
  socket: RedisSocket,
  items: readonly StoreItem[],
  options: { readonly ttlSeconds: number; readonly precedence: Precedence },
): Promise<HeldItem[]> {
  const args: RedisArgument[] = [options.ttlSeconds, options.precedence];
  args.push(...inOnePiece(items.map(({ payload }) => payload)));
  if (items[0]?.expected) args.push(...inOnePiece(items.map(({ expected }) => expected ?? noBytes)));
  const keys = items.map(({ key }) => key);
  return readHeld(await script.run(socket, keys, args));
}

const noBytes: Buffer = Buffer.alloc(0);

function inOnePiece(parts: readonly Buffer[]): [lengths: string, whole: Buffer] {
  return [parts.map(({ length }) => length).join(), Buffer.concat(parts)];
}

function readHeld(reply: unknown): HeldItem[] {
  const flat = reply as (number | Buffer)[];
  const held: HeldItem[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2)
    held.push({ index: Number(flat[at]), payload: flat[at + 1] as Buffer });
  return held;
}
