import { Queue, QueueEvents } from "bullmq";
import { readContext } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { bullConnection } from "../shared/bull.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const context = readContext();
const connection = bullConnection(context);
const queue = new Queue(context.queue, { connection });
const events = new QueueEvents(context.queue, { connection });
await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);

await measureRoundtrips(async () => {
  const job = await queue.add(noopTask, { args: [2, 3] });
  return job.waitUntilFinished(events);
});
