import { Redis } from "ioredis";
import { readContext, readyForever } from "../../harness/contender.ts";
import { decodeEnvelope, resultKey, successResult } from "../../wire/task-message.ts";

const context = readContext();
const blocking = new Redis(context.redisUrl);
const redis = new Redis(context.redisUrl);
await redis.ping();
readyForever();
for (;;) {
  const popped = await blocking.brpop(context.queue, 1);
  if (popped === null) continue;
  const { id } = decodeEnvelope(popped[1]);
  const key = resultKey(id);
  const result = successResult(id);
  void redis.pipeline().setex(key, 86_400, result).publish(key, result).exec();
}
