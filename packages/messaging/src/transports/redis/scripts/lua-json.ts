/**
 * Lua that finds and changes members of a JSON text in place. Decoding and encoding again is no way: Lua's JSON
 * turns `[]` into `{}` and rounds numbers. Positions follow Lua: from 1, the end is the first character behind.
 */
export const luaJson: string = `
local byte, find, sub = string.byte, string.find, string.sub

-- Searches plain text, which is a hundred times as fast as a pattern: bodies may have megabytes.
local function skipString(s, i)
  local j = i
  while true do
    j = find(s, '"', j + 1, true)
    if not j then return nil end
    local k = j - 1
    while byte(s, k) == 92 do k = k - 1 end
    if (j - k) % 2 == 1 then return j + 1 end
  end
end

local function skipBlank(s, i)
  return find(s, '[^ \\t\\r\\n]', i) or #s + 1
end

local function skipValue(s, i)
  local c = byte(s, i)
  if c == 34 then return skipString(s, i) end
  if c ~= 123 and c ~= 91 then return find(s, '[,%]} \\t\\r\\n]', i) or #s + 1 end
  local depth, j = 0, i
  repeat
    local k = find(s, '["{}%[%]]', j)
    if not k then return nil end
    c = byte(s, k)
    if c == 34 then
      j = skipString(s, k)
      if not j then return nil end
    else
      depth = depth + ((c == 123 or c == 91) and 1 or -1)
      j = k + 1
    end
  until depth == 0
  return j
end

-- Start and end of a member's value in the object at i. Of several with that name the last counts, as everywhere.
local function member(s, i, name)
  if byte(s, i) ~= 123 then return nil end
  local from, to
  local j = skipBlank(s, i + 1)
  while byte(s, j) == 34 do
    local keyEnd = skipString(s, j)
    if not keyEnd then return nil end
    local v = skipBlank(s, keyEnd)
    if byte(s, v) ~= 58 then return nil end
    v = skipBlank(s, v + 1)
    local e = skipValue(s, v)
    if not e then return nil end
    if sub(s, j + 1, keyEnd - 2) == name then from, to = v, e end
    j = skipBlank(s, e)
    if byte(s, j) ~= 44 then break end
    j = skipBlank(s, j + 1)
  end
  return from, to
end

local function setTrue(s, object, name)
  local from, to = member(s, object, name)
  if from then return sub(s, 1, from - 1) .. 'true' .. sub(s, to) end
  local brace = (skipValue(s, object) or 1) - 1
  if brace < object then return s end
  local comma = byte(s, skipBlank(s, object + 1)) == 125 and '' or ', '
  return sub(s, 1, brace - 1) .. comma .. '"' .. name .. '": true' .. sub(s, brace)
end
`;

/** Lua that knows the parts of kombu's envelope. Needs {@link luaJson}. */
export const luaEnvelope: string = `
local function propertiesAt(envelope)
  return member(envelope, skipBlank(envelope, 1), 'properties')
end

local function markRedelivered(envelope)
  local headers = member(envelope, skipBlank(envelope, 1), 'headers')
  if headers and byte(envelope, headers) == 123 then envelope = setTrue(envelope, headers, 'redelivered') end
  local properties = propertiesAt(envelope)
  local info = properties and member(envelope, properties, 'delivery_info')
  if info and byte(envelope, info) == 123 then envelope = setTrue(envelope, info, 'redelivered') end
  return envelope
end

-- Clamped to 0..9; what is not a number is 0.
local function priorityOf(envelope)
  local properties = propertiesAt(envelope)
  local from, to = nil, nil
  if properties then from, to = member(envelope, properties, 'priority') end
  local digits = from and string.match(sub(envelope, from, to - 1), '^"?%s*([+-]?%d+)')
  return math.max(0, math.min(9, tonumber(digits or '0')))
end

local function listFor(prefix, sep, steps, queue, priority)
  local step, last
  for digits in string.gmatch(steps, '%d+') do
    last = tonumber(digits)
    if last <= priority then step = last end
  end
  step = step or last
  return prefix .. queue .. (step == 0 and '' or sep .. step)
end

-- An entry that is no message: kept for a look, within bounds.
local function park(prefix, queue, entry)
  local key = prefix .. '_q.parked.' .. queue
  redis.call('LPUSH', key, entry)
  redis.call('LTRIM', key, 0, 999)
  redis.call('EXPIRE', key, 604800)
end

local function now()
  local time = redis.call('TIME')
  return string.format('%.6f', time[1] + time[2] / 1000000)
end
`;
