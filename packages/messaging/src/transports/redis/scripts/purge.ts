import { Script, type ScriptRunner } from "./script.ts";

const script = new Script(`
local count = 0
for _, key in ipairs(KEYS) do count = count + redis.call('LLEN', key) end
redis.call('DEL', unpack(KEYS))
return count
`);

/** Empties the lists of a queue and returns how many entries they had. */
export async function purge(runner: ScriptRunner, lists: readonly string[]): Promise<number> {
  return Number(await script.run(runner, lists, []));
}
