/**
 * Moves up to ARGV[1] messages from the queue into kombu's bookkeeping of unacked messages and returns them.
 * The delivery tag is cut out of the text: decoding JSON in the server would cost more than all the rest.
 */
export const claimScript: string = `
local messages = redis.call("RPOP", KEYS[1], ARGV[1])
if not messages then return {} end
local index, unacked = {}, {}
for i, message in ipairs(messages) do
  local tag = string.match(message, '"delivery_tag": ?"([^"]+)"')
  index[2 * i - 1], index[2 * i] = ARGV[2], tag
  unacked[2 * i - 1], unacked[2 * i] = tag, "[" .. message .. ',"","' .. KEYS[1] .. '"]'
end
redis.call("ZADD", KEYS[3], unpack(index))
redis.call("HSET", KEYS[2], unpack(unacked))
return messages
`;

/** Acks ARGV[1] tags and stores the results that follow as pairs of key and text, telling their listeners. */
export const ackWithResultsScript: string = `
local count = tonumber(ARGV[1])
local tags = {}
for i = 1, count do
  tags[i] = ARGV[1 + i]
  local key, result = ARGV[count + 2 * i], ARGV[count + 2 * i + 1]
  redis.call("SETEX", key, 86400, result)
  redis.call("PUBLISH", key, result)
end
redis.call("ZREM", KEYS[2], unpack(tags))
redis.call("HDEL", KEYS[1], unpack(tags))
`;
