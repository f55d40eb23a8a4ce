/**
 * Everything that asks who leads runs as one step on the server. Keys: `lease` (hash holder, token; it expires), `token`
 * (the last one given out), `version`, `changes` (sorted set: name by version of its last change); hashes by name: `states`,
 * `definitions`, `enabled`; `requests` (hash: name by id).
 */
const CHECK = `
if redis.call("get", KEYS[1]) ~= ARGV[1] then return redis.error_reply("FENCED") end
`;

/**
 * Takes the lease when it is free, or ours. ARGV: holder, ttl ms. Returns the token, or nothing. A lease that lasts a minute
 * longer than one may was given out by a clock that has been put back since.
 */
export const ACQUIRE = `
local holder = redis.call("hget", KEYS[2], "holder")
local left = redis.call("pttl", KEYS[2])
if holder and holder ~= ARGV[1] and left <= ARGV[2] + 60000 then return false end
local token = redis.call("incr", KEYS[1])
redis.call("hset", KEYS[2], "holder", ARGV[1], "token", token)
redis.call("pexpire", KEYS[2], ARGV[2])
return token
`;

/** Prolongs the lease. ARGV: token, ttl ms. Returns the version, or nothing when the lease is lost. */
export const RENEW = `
if redis.call("hget", KEYS[2], "token") ~= ARGV[1] then return false end
redis.call("pexpire", KEYS[2], ARGV[2])
return tonumber(redis.call("get", KEYS[3]) or "0")
`;

/** Gives the lease back. ARGV: token. */
export const RELEASE = `
if redis.call("hget", KEYS[2], "token") == ARGV[1] then return redis.call("del", KEYS[2]) end
return 0
`;

/** Writes states. ARGV: token, then name and state in turn. */
export const SAVE: string = `${CHECK}
for i = 2, #ARGV, 2 do redis.call("hset", KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
`;

/** Forgets entries. KEYS: token, then everything that has their names. ARGV: token, names. */
export const FORGET: string = `${CHECK}
for i = 2, #ARGV do
  redis.call("zrem", KEYS[2], ARGV[i])
  for k = 3, #KEYS do redis.call("hdel", KEYS[k], ARGV[i]) end
end
return 1
`;

/**
 * Sets fields of an entry, and remembers when. KEYS: version, changes, then a hash per field. ARGV: name, then a value per
 * field; an empty one removes it, "=" leaves it.
 */
export const CHANGE = `
for i = 2, #ARGV do
  if ARGV[i] == "" then redis.call("hdel", KEYS[i + 1], ARGV[1])
  elseif ARGV[i] ~= "=" then redis.call("hset", KEYS[i + 1], ARGV[1], ARGV[i]) end
end
return redis.call("zadd", KEYS[2], redis.call("incr", KEYS[1]), ARGV[1])
`;
