import { Redis } from "ioredis";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { ackWithResultsScript, claimScript } from "../../wire/redis-scripts.ts";
import { decodeEnvelope, resultKey, successResult, type RedisTask } from "../../wire/task-message.ts";

const claimSize = 100;
const context = readContext();
const redis = new Redis(context.redisUrl);
redis.defineCommand("claim", { numberOfKeys: 3, lua: claimScript });
redis.defineCommand("ackWithResults", { numberOfKeys: 2, lua: ackWithResultsScript });
const scripts = redis as unknown as {
  claim(queue: string, unacked: string, index: string, size: number, now: number): Promise<string[]>;
  ackWithResults(unacked: string, index: string, ...values: (string | number)[]): Promise<null>;
};

async function noop(_args: readonly unknown[]): Promise<null> {
  return null;
}

function ack(tasks: readonly RedisTask[]): Promise<unknown> {
  const tags = tasks.map((task) => task.deliveryTag);
  if (context.settings.storeResults === true) {
    const results = tasks.flatMap((task) => [resultKey(task.id), successResult(task.id)]);
    return scripts.ackWithResults("unacked", "unacked_index", tags.length, ...tags, ...results);
  }
  return redis
    .multi()
    .zrem("unacked_index", ...tags)
    .hdel("unacked", ...tags)
    .exec();
}

let drained = 0;
async function drain(): Promise<void> {
  let acked: Promise<unknown> | undefined;
  while (drained < context.count) {
    const texts = await scripts.claim(
      context.queue,
      "unacked",
      "unacked_index",
      claimSize,
      Date.now() / 1000,
    );
    if (texts.length === 0) break;
    const tasks = texts.map(decodeEnvelope);
    await Promise.all(tasks.map((task) => noop(task.args)));
    // Not awaited before the next claim: both travel together.
    acked = ack(tasks);
    drained += tasks.length;
  }
  await acked;
}

await redis.ping();
const meter = await readyAndGo();
await Promise.all(Array.from({ length: context.settings.window ?? 1 }, drain));
meter.finish(drained);
