import { Redis } from "ioredis";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { redisEnvelope } from "../../wire/task-message.ts";
import { ENTRIES, Lateness, offsetOf, PERIOD_MS } from "../shared/periods.ts";

const { queue, redisUrl, count } = readContext();
const redis = new Redis(redisUrl, { enableAutoPipelining: true });
await redis.ping();
const lateness = new Lateness(await readyAndGo(), count);
const start = Date.now() + 2000;

/** A timer per entry, and nothing that would know of a run after a crash. */
function arm(dueAt: number): void {
  const run = async (): Promise<void> => {
    arm(dueAt + PERIOD_MS);
    await redis.lpush(queue, redisEnvelope(queue, true));
    lateness.add(dueAt);
  };
  setTimeout(() => void run(), dueAt - Date.now());
}

for (let index = 0; index < ENTRIES; index++) arm(start + offsetOf(index));
