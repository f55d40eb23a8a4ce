import type { RedisKeys } from "../keys.ts";
import { luaEnvelope, luaJson } from "./lua-json.ts";
import { Script, type ScriptRunner } from "./script.ts";

/** Longest delivery tag that is kept; a longer one is replaced, so that leases have room for it. */
export const MAX_TAG_BYTES = 62;

/**
 * Takes from the lists, most urgent first; `taken` receives queue number and entries. `filled` says how many of the lists
 * hold something: no other is looked at once they are empty.
 */
const take = `
local wanted, queues, isFair = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'

-- Nothing may fail once an entry is taken: a list that is no list counts as empty, unless it is the first.
local function takeAll(filled, taken)
  local count, bytes, most = 0, 0, 16
  for first = 3, #KEYS, queues do
    if filled == 0 then return end
    local open = {}
    for q = 1, queues do open[q] = q end
    while wanted > count and #open > 0 do
      local share = isFair and math.max(1, math.floor((wanted - count) / #open)) or wanted
      local still = {}
      for _, q in ipairs(open) do
        -- In small helpings at first, so that a few huge messages do not make one huge reply.
        local size = math.min(share, wanted - count, most)
        if size <= 0 then break end
        if bytes > 2000000 then return end
        local got = redis.pcall('RPOP', KEYS[first + q - 1], size)
        if got and got.err then
          if count == 0 then return got end
        elseif got and #got > 0 then
          taken(q, got)
          count, most = count + #got, most * 2
          for _, text in ipairs(got) do bytes = bytes + #text end
          if #got == size then still[#still + 1] = q else filled = filled - 1 end
        end
      end
      open = still
    end
  end
end
`;

/**
 * One step for what kombu does in two, so that no crash comes between: the entries leave the list and are in
 * `unacked` and `unacked_index`. Python keeps `[envelope, exchange, routing key]` there; we write the empty exchange
 * and the queue's name, so that whoever gives it back gives it to the queue it came from.
 */
const claimScript = new Script(
  luaJson,
  luaEnvelope,
  take,
  `
local nonce, prefix = ARGV[4], ARGV[5]
-- A write that changes nothing: after one, the server also carries out those that it refuses when its memory is full.
redis.pcall('ZREM', KEYS[2], '')
-- What woke a claim that stood here: ours, or one that was cut off.
for q = 1, queues do
  local name = ARGV[4 + 2 * q]
  repeat
    local moved = redis.pcall('LMOVE', prefix .. '_q.held.' .. name, prefix .. name, 'LEFT', 'RIGHT')
  until not moved or moved.err
end
local filled = redis.call('EXISTS', unpack(KEYS, 3))
-- As nearly always when several consumers wait for one message.
if filled == 0 then return {} end
-- Fail here, before anything is taken, if these are of another type.
redis.call('HLEN', KEYS[1])
redis.call('ZCARD', KEYS[2])

local function tagOf(text)
  if byte(text, 1) ~= 123 or byte(text, -1) ~= 125 then
    if not find(text, '^%s*{.*}%s*$') then return nil end
  end
  local at = find(text, '"delivery_tag"', 1, true)
  local tag = at and string.match(text, '^%s*:%s*"([^"\\\\]+)"', at + 14)
  if tag and not find(text, '"delivery_tag"', at + 14, true) then return tag end
  local properties = propertiesAt(text)
  if not properties then return nil end
  local from, to = member(text, properties, 'delivery_tag')
  if not from then return nil end
  local raw = sub(text, from, to - 1)
  if string.match(raw, '^%-?%d+$') then return raw end
  local isRead, value = pcall(cjson.decode, '[' .. raw .. ']')
  if isRead and type(value[1]) == 'string' and #value[1] > 0 then return value[1] end
  return nil
end

local entries = {}
local failure = takeAll(filled, function(q, got)
  for _, text in ipairs(got) do entries[#entries + 1] = { q, text, tagOf(text) } end
end)
if failure then return failure end
if #entries == 0 then return {} end

local tags = {}
for i, entry in ipairs(entries) do tags[i] = entry[3] or '' end
local held = redis.call('HMGET', KEYS[1], unpack(tags))
local score = now()
local reply, group, groupOf = { score }, nil, nil
local hset, zadd, seen = {}, {}, {}
for i, entry in ipairs(entries) do
  local q, text, tag = entry[1], entry[2], entry[3]
  if not tag then
    park(prefix, ARGV[5 + 2 * q - 1], text)
    tag = ''
  else
    -- kombu gives the copies of one message for several queues the same tag; the second must not replace the first.
    if held[i] or seen[tag] or #tag > ${MAX_TAG_BYTES} then
      local fresh = nonce .. '-' .. i
      local properties = propertiesAt(text)
      local from, to = nil, nil
      if properties then from, to = member(text, properties, 'delivery_tag') end
      if from then text = sub(text, 1, from - 1) .. '"' .. fresh .. '"' .. sub(text, to) end
      tag = fresh
    end
    seen[tag] = true
    hset[#hset + 1] = tag
    hset[#hset + 1] = '[' .. text .. ARGV[5 + 2 * q]
    zadd[#zadd + 1] = score
    zadd[#zadd + 1] = tag
  end
  if groupOf ~= q then
    group, groupOf = {}, q
    reply[#reply + 1] = q
    reply[#reply + 1] = group
  end
  group[#group + 1] = tag
  group[#group + 1] = text
end
if #hset > 0 then
  redis.call('HSET', KEYS[1], unpack(hset))
  redis.call('ZADD', KEYS[2], unpack(zadd))
end
return reply
`,
);

const takeScript = new Script(
  take,
  `
local reply = {}
local failure = takeAll(redis.call('EXISTS', unpack(KEYS, 3)), function(q, got)
  reply[#reply + 1] = q
  reply[#reply + 1] = got
end)
return failure or reply
`,
);

/** Entries of one queue, in the order in which they were taken. */
export interface ClaimedGroup {
  readonly queue: string;
  readonly texts: readonly string[];
  /** One per text: its key in `unacked`, or empty for an entry that is no message and was parked. */
  readonly tags: readonly string[];
}

/** What a claim brought. */
export interface Claimed {
  readonly groups: readonly ClaimedGroup[];
  readonly count: number;
  /** Score of the leases, as the server wrote it. */
  readonly score: string;
}

/** What is asked for. */
export interface ClaimRequest {
  readonly keys: RedisKeys;
  /** In the order of their turn. */
  readonly queues: readonly string[];
  readonly count: number;
  /** Shares what is wanted among the queues; otherwise the first is emptied first. */
  readonly isFair: boolean;
  /** Part of the tags that have to be made up; unique for each claim. */
  readonly nonce: string;
}

/** Takes up to `count` messages and leases them to us. */
export async function claim(runner: ScriptRunner, request: ClaimRequest): Promise<Claimed> {
  const { keys, queues, count, isFair, nonce } = request;
  const ofQueues = queues.flatMap((queue) => [queue, `, "", ${JSON.stringify(queue)}]`]);
  const args = [count, queues.length, isFair ? 1 : 0, nonce, keys.prefix, ...ofQueues];
  const reply = (await claimScript.run(runner, listsOf(request), args)) as (string | number | string[])[];
  const groups: ClaimedGroup[] = [];
  let total = 0;
  for (let i = 1; i < reply.length; i += 2) {
    const pairs = reply[i + 1] as string[];
    const tags: string[] = [];
    const texts: string[] = [];
    for (let at = 0; at < pairs.length; at += 2) {
      tags.push(pairs[at] as string);
      texts.push(pairs[at + 1] as string);
    }
    total += tags.length;
    groups.push({ queue: queueAt(queues, reply[i]), tags, texts });
  }
  return { groups, count: total, score: String(reply[0] ?? "") };
}

/** Takes up to `count` messages for good. */
export async function takeForGood(runner: ScriptRunner, request: ClaimRequest): Promise<Claimed> {
  const { queues, count, isFair } = request;
  const args = [count, queues.length, isFair ? 1 : 0];
  const reply = (await takeScript.run(runner, listsOf(request), args)) as (number | string[])[];
  const groups: ClaimedGroup[] = [];
  for (let i = 0; i < reply.length; i += 2) {
    groups.push({ queue: queueAt(queues, reply[i]), texts: reply[i + 1] as string[], tags: [] });
  }
  return { groups, count: groups.reduce((sum, group) => sum + group.texts.length, 0), score: "" };
}

function queueAt(queues: readonly string[], position: unknown): string {
  return queues[Number(position) - 1] ?? "";
}

/** All queues of the first step, then all of the second, and so on: the order in which kombu looks. */
function listsOf({ keys, queues }: ClaimRequest): string[] {
  const lists = queues.map((queue) => keys.ofQueue(queue));
  return [
    keys.unacked,
    keys.unackedIndex,
    ...keys.steps.flatMap((_step, at) => lists.map((list) => list[at] ?? "")),
  ];
}
