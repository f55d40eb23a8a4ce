import { Queue } from "bullmq";
import { filled, readContext } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { bullConnection } from "../shared/bull-connection.ts";

const chunkSize = 1000;
const context = readContext();
const queue = new Queue(context.queue, { connection: bullConnection(context) });
for (let left = context.count; left > 0; left -= chunkSize) {
  const size = Math.min(left, chunkSize);
  await queue.addBulk(Array.from({ length: size }, () => ({ name: noopTask, data: { args: [2, 3] } })));
}
filled();
