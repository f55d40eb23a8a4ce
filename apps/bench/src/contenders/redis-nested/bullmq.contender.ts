import { FlowProducer, QueueEvents } from "bullmq";
import { readContext } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { bullConnection } from "../shared/bull-connection.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const context = readContext();
const connection = bullConnection(context);
const flows = new FlowProducer({ connection });
const events = new QueueEvents(context.queue, { connection });
await Promise.all([flows.waitUntilReady(), events.waitUntilReady()]);

// BullMQ's flow: the parent runs when all of its children have ended.
await measureRoundtrips(
  async () => {
    const node = { name: noopTask, queueName: context.queue, data: { args: [2, 3] } };
    const members = Array.from({ length: 30 }, () => node);
    const children = Array.from({ length: 30 }, () => ({ ...node, children: members }));
    const { job } = await flows.add({ ...node, children });
    return job.waitUntilFinished(events);
  },
  { warmUpCalls: 2 },
);
