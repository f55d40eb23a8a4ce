import { filled, readContext } from "../../harness/contender.ts";
import { redisEnvelope } from "../../wire/task-message.ts";
import { openSqliteQueue } from "../shared/sqlite-queue.ts";

const context = readContext();
const queue = openSqliteQueue(context.sqlitePath);
queue.insert(Array.from({ length: context.count }, () => redisEnvelope(context.queue, true)));
filled();
