/**
 * Everything that asks who leads runs as one step on the server. Keys: `lease` (hash holder, token; it expires), `token`
 * (the last one given out), `states`, `entries`, `requests` (hashes), `version`.
 */
const CHECK = `
if redis.call("get", KEYS[1]) ~= ARGV[1] then return redis.error_reply("FENCED") end
`;

/** Takes the lease when it is free, or ours. ARGV: holder, ttl ms. Returns the token, or nothing. */
export const ACQUIRE = `
local holder = redis.call("hget", KEYS[2], "holder")
if holder and holder ~= ARGV[1] then return false end
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

/** Forgets entries. ARGV: token, names. */
export const FORGET: string = `${CHECK}
for i = 2, #ARGV do
  redis.call("hdel", KEYS[2], ARGV[i])
  redis.call("hdel", KEYS[3], ARGV[i])
end
return 1
`;
