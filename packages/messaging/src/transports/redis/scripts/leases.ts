import { Script, type ScriptRunner } from "./script.ts";

const now = `
local time = redis.call('TIME')
local score = string.format('%.6f', time[1] + time[2] / 1000000)
`;

const renewScript = new Script(
  now,
  `
local args = {}
for i, tag in ipairs(ARGV) do
  args[2 * i - 1] = score
  args[2 * i] = tag
end
return redis.call('ZADD', KEYS[1], 'XX', 'CH', unpack(args))
`,
);

const confirmScript = new Script(
  now,
  `
local held, claimed = {}, tonumber(ARGV[1])
for i = 2, #ARGV do
  local found = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if found and tonumber(found) == claimed then
    redis.call('ZADD', KEYS[1], 'XX', score, ARGV[i])
    held[#held + 1] = ARGV[i]
  end
end
return held
`,
);

/** Most tags of one call. */
export const MAX_RENEWED = 1000;

/** Starts the time of leases anew, by the server's clock. What has been settled meanwhile stays away. */
export async function renewLeases(
  runner: ScriptRunner,
  index: string,
  tags: readonly string[],
): Promise<void> {
  await renewScript.run(runner, [index], tags);
}

/** Those leases that nobody has taken over since the claim that wrote `score`; their time starts anew. */
export async function confirmLeases(
  runner: ScriptRunner,
  index: string,
  { score, tags }: { score: string; tags: readonly string[] },
): Promise<string[]> {
  return (await confirmScript.run(runner, [index], [score, ...tags])) as string[];
}
