import type { RedisSocket } from "@q/messaging/internal/redis";
import { CHORD_CLAIM_MS, type ChordProgress } from "../chord-store.ts";
import { type RedisArgument, RedisScript } from "./redis-script.ts";

/** Keys of one chord, see `ResultKeys.ofChord`. */
export type ChordKeys = readonly [ended: string, extra: string, size: string, claim: string];

/** How members are kept. */
export interface ChordFormat {
  /** Seconds; 0 for ever. */
  readonly ttlSeconds: number;
  /** In a sorted set by their place, otherwise in a list. */
  readonly isOrdered: boolean;
  /** Members are plain JSON, so that the server itself finds the task in them. */
  readonly isJson: boolean;
}

/** A member on its way into the store. */
export interface ScriptPart {
  readonly keys: ChordKeys;
  readonly groupIndex: number | undefined;
  readonly taskId: string;
  readonly isSuccess: boolean;
  readonly encoded: Buffer;
  readonly attempt: string;
}

/** Seconds for which it is remembered that a chord has ended, where results are kept for ever. */
const REMEMBER_SECONDS = 86_400;

/**
 * The hash `.q` is ours: `ended`, or the claim (`by` attempt, last `task`, `until` in milliseconds, `size`, `away` when
 * the members may not have it), and `m<id>` for each member that cannot be found by its place. With the claim the size moves from `.s` to there: a Python peer
 * whose message is delivered twice then finds no complete chord.
 */
const claimSource = `
local call = redis.call
local time = call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function claim(chord, task, attempt, lease)
  local held = chord.state
  if held[2] and held[2] ~= attempt and tonumber(held[4]) > now then
    if task ~= '' and held[3] == task then return 'taken' end
    return 'waiting'
  end
  call('HSET', chord.q, 'by', attempt, 'task', task, 'until', now + lease)
  local size = call('GET', chord.s)
  if size then
    call('HSET', chord.q, 'size', size)
    call('DEL', chord.s)
  end
  return 'last'
end
local function stateOf(q) return call('HMGET', q, 'ended', 'by', 'task', 'until', 'size', 'away') end
`;

/** KEYS: four per member. ARGV: seconds to live, ordered, length of a claim, JSON; then five per member. */
const partScript = new RedisScript(`${claimSource}
local ttl, isOrdered, lease, isJson = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3]), ARGV[4] == '1'
local function add(chord, part)
  if isOrdered then call('ZADD', chord.j, part.score, part.encoded) else call('RPUSH', chord.j, part.encoded) end
  if not part.isFound then call('HSET', chord.q, 'm' .. part.id, part.isSuccess and '+' or '-' .. part.encoded) end
end
local function remove(chord, encoded)
  if isOrdered then call('ZREM', chord.j, encoded) else call('LREM', chord.j, 1, encoded) end
end
local function counted(chord, part)
  if not part.isFound then
    local value = call('HGET', chord.q, 'm' .. part.id)
    if value then return string.sub(value, 2), string.sub(value, 1, 1) == '+' end
    return nil
  end
  local heads = { '[1, "' .. part.id .. '"', '[1,"' .. part.id .. '"' }
  for _, member in ipairs(call('ZRANGEBYSCORE', chord.j, part.score, part.score)) do
    for _, head in ipairs(heads) do
      if string.sub(member, 1, #head) == head then
        return member, string.find(member, '^, ?"SUCCESS"', #head + 1) ~= nil
      end
    end
  end
end
local function count(chord, part)
  chord.state = stateOf(chord.q)
  if chord.state[1] then return 'waiting' end
  local before, isWon = counted(chord, part)
  if not before then
    add(chord, part)
  elseif not isWon and before ~= part.encoded then
    remove(chord, before)
    add(chord, part)
  end
  local answer = 'waiting'
  local size = chord.state[5] or call('GET', chord.s)
  if size and not chord.state[6] then
    local total = tonumber(size) + tonumber(call('GET', chord.t) or 0)
    local number = isOrdered and call('ZCARD', chord.j) or call('LLEN', chord.j)
    if number >= total then answer = claim(chord, part.id, part.attempt, lease) end
  end
  if ttl > 0 then
    for _, key in ipairs({ chord.j, chord.t, chord.s, chord.q }) do call('EXPIRE', key, ttl) end
  end
  return answer
end
local answers = {}
for i = 1, #KEYS, 4 do
  local at = 5 + (i - 1) / 4 * 5
  local chord = { j = KEYS[i], t = KEYS[i + 1], s = KEYS[i + 2], q = KEYS[i + 3] }
  local part = { score = ARGV[at], id = ARGV[at + 1], isSuccess = ARGV[at + 2] == '1', encoded = ARGV[at + 3] }
  part.attempt = ARGV[at + 4]
  part.isFound = isOrdered and isJson and part.score ~= '+inf'
  -- A key of the wrong type concerns its own chord only.
  local isDone, answer = pcall(count, chord, part)
  if not isDone then answer = 'error ' .. (type(answer) == 'table' and answer.err or tostring(answer)) end
  answers[#answers + 1] = answer
end
return answers
`);

/** ARGV: attempt, length of a claim, seconds to live. A chord of which nothing is there has ended elsewhere. */
const takeScript = new RedisScript(`${claimSource}
local chord = { j = KEYS[1], t = KEYS[2], s = KEYS[3], q = KEYS[4] }
chord.state = stateOf(chord.q)
if chord.state[1] or call('EXISTS', chord.j, chord.s, chord.q) == 0 then return 'waiting' end
if claim(chord, '', ARGV[1], tonumber(ARGV[2])) ~= 'last' then return 'taken' end
call('HSET', chord.q, 'away', '1')
if tonumber(ARGV[3]) > 0 then call('EXPIRE', chord.q, ARGV[3]) end
return 'last'
`);

/** ARGV: attempt, length of a claim. */
const renewScript = new RedisScript(`${claimSource}
if call('HGET', KEYS[4], 'by') == ARGV[1] then call('HSET', KEYS[4], 'until', now + tonumber(ARGV[2])) end
`);

/** ARGV: seconds to remember. */
const endScript = new RedisScript(`
redis.call('DEL', unpack(KEYS))
redis.call('HSET', KEYS[4], 'ended', '1')
redis.call('EXPIRE', KEYS[4], ARGV[1])
`);

/** ARGV: attempt, seconds to remember. */
const beginScript = new RedisScript(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
`);

/**
 * ARGV: ordered, then members that are counted twice. Removes them, gives the claim up unless the chord is complete even
 * so, and answers whether it is.
 */
const trimScript = new RedisScript(`
local call, isOrdered = redis.call, ARGV[1] == '1'
for i = 2, #ARGV do
  if isOrdered then call('ZREM', KEYS[1], ARGV[i]) else call('LREM', KEYS[1], 1, ARGV[i]) end
end
local size = call('HGET', KEYS[4], 'size')
local number = isOrdered and call('ZCARD', KEYS[1]) or call('LLEN', KEYS[1])
if size and number >= tonumber(size) + tonumber(call('GET', KEYS[2]) or 0) then return 1 end
local ttl = call('TTL', KEYS[4])
call('HDEL', KEYS[4], 'by', 'task', 'until', 'size')
if size then call('SET', KEYS[3], size) end
if size and ttl > 0 then call('EXPIRE', KEYS[3], ttl) end
return 0
`);

const flag = (is: boolean): string => (is ? "1" : "0");

/** Counts members, each by itself, in one call; what cannot be counted has its error in its place. */
export async function countParts(
  socket: RedisSocket,
  parts: readonly ScriptPart[],
  { ttlSeconds, isOrdered, isJson }: ChordFormat,
): Promise<(ChordProgress | Error)[]> {
  const args: RedisArgument[] = [ttlSeconds, flag(isOrdered), CHORD_CLAIM_MS, flag(isJson)];
  for (const { groupIndex, taskId, isSuccess, encoded, attempt } of parts) {
    // As it stands in JSON, without its quotes.
    const id = JSON.stringify(taskId).slice(1, -1);
    args.push(groupIndex ?? "+inf", id, flag(isSuccess), encoded, attempt);
  }
  const answers = await partScript.run(
    socket,
    parts.flatMap(({ keys }) => keys),
    args,
  );
  return (answers as Buffer[]).map((answer) => {
    const text = answer.toString();
    return text.startsWith("error ") ? new Error(text.slice("error ".length)) : (text as ChordProgress);
  });
}

/** Takes a chord that may not be complete. */
export async function takeChord(
  socket: RedisSocket,
  keys: ChordKeys,
  { attempt, ttlSeconds }: { readonly attempt: string; readonly ttlSeconds: number },
): Promise<ChordProgress> {
  const answer = await takeScript.run(socket, keys, [attempt, CHORD_CLAIM_MS, ttlSeconds]);
  return (answer as Buffer).toString() as ChordProgress;
}

export async function renewClaim(socket: RedisSocket, keys: ChordKeys, attempt: string): Promise<void> {
  await renewScript.run(socket, keys, [attempt, CHORD_CLAIM_MS]);
}

export async function endChord(socket: RedisSocket, keys: ChordKeys, ttlSeconds: number): Promise<void> {
  await endScript.run(socket, keys, [ttlSeconds || REMEMBER_SECONDS]);
}

/** False when a copy of another attempt has begun before. */
export async function beginMessage(
  socket: RedisSocket,
  key: string,
  { attempt, ttlSeconds }: { readonly attempt: string; readonly ttlSeconds: number },
): Promise<boolean> {
  return Number(await beginScript.run(socket, [key], [attempt, ttlSeconds || REMEMBER_SECONDS])) === 1;
}

/** Removes what is there twice; false when the chord turns out not to be complete. */
export async function trimChord(
  socket: RedisSocket,
  keys: ChordKeys,
  { isOrdered, surplus }: { readonly isOrdered: boolean; readonly surplus: readonly Buffer[] },
): Promise<boolean> {
  return Number(await trimScript.run(socket, keys, [flag(isOrdered), ...surplus])) === 1;
}
