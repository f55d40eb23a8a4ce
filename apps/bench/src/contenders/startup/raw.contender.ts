import { Redis } from "ioredis";
import { readContext } from "../../harness/contender.ts";
import { measureIdle } from "../shared/idle.ts";

const context = readContext();
const redis = new Redis(context.redisUrl);
await redis.ping();
void redis.brpop(context.queue, 0);
await measureIdle();
