import { readContext, readyAndGo } from "../../harness/contender.ts";
import { redisEnvelope } from "../../wire/task-message.ts";
import { openSqliteQueue } from "../shared/sqlite-queue.ts";

const context = readContext();
const window = context.settings.window ?? 100;
const queue = openSqliteQueue(context.sqlitePath);
const meter = await readyAndGo();
for (let left = context.count; left > 0; left -= window) {
  queue.insert(Array.from({ length: Math.min(left, window) }, () => redisEnvelope(context.queue, true)));
}
meter.finish(context.count);
