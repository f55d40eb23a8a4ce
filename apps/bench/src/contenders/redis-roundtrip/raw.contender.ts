import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { readContext } from "../../harness/contender.ts";
import { redisEnvelope, resultKey } from "../../wire/task-message.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const context = readContext();
const redis = new Redis(context.redisUrl);
const subscriber = new Redis(context.redisUrl);
const waiting = new Map<string, (result: unknown) => void>();
subscriber.on("pmessage", (_pattern: string, channel: string, text: string) => {
  waiting.get(channel)?.((JSON.parse(text) as { result: unknown }).result);
  waiting.delete(channel);
});
await subscriber.psubscribe(resultKey("*"));

await measureRoundtrips(() => {
  const id = randomUUID();
  return new Promise((resolve) => {
    waiting.set(resultKey(id), resolve);
    void redis.lpush(context.queue, redisEnvelope(context.queue, false, id));
  });
});
