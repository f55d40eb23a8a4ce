import { Redis } from "ioredis";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { redisEnvelope } from "../../wire/task-message.ts";

const context = readContext();
const window = context.settings.window ?? 100;
const redis = new Redis(context.redisUrl);

let pending: string[] = [];
let flushed: Promise<unknown> | undefined;

/** Calls of one tick share one LPUSH. */
function enqueue(): Promise<unknown> {
  pending.push(redisEnvelope(context.queue, true));
  flushed ??= Promise.resolve().then(() => {
    const envelopes = pending;
    pending = [];
    flushed = undefined;
    return redis.lpush(context.queue, ...envelopes);
  });
  return flushed;
}

async function concurrent(): Promise<void> {
  let left = context.count;
  async function loop(): Promise<void> {
    while (left > 0) {
      left -= 1;
      await enqueue();
    }
  }
  await Promise.all(Array.from({ length: window }, loop));
}

async function bulk(): Promise<void> {
  let previous: Promise<unknown> = Promise.resolve();
  for (let left = context.count; left > 0; left -= window) {
    const envelopes = Array.from({ length: Math.min(left, window) }, () =>
      redisEnvelope(context.queue, true),
    );
    // One chunk is built while the one before travels.
    await previous;
    previous = redis.lpush(context.queue, ...envelopes);
  }
  await previous;
}

await redis.ping();
const meter = await readyAndGo();
await (context.settings.mode === "bulk" ? bulk() : concurrent());
meter.finish(context.count);
