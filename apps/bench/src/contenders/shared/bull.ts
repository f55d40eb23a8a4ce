import { type FlowJob, FlowProducer, type Processor, Queue, QueueEvents, Worker } from "bullmq";
import { filled, readContext, readyAndGo, readyForever } from "../../harness/contender.ts";
import { noopTask, type BenchContext } from "../../harness/context.ts";
import { measureRoundtrips } from "./roundtrips.ts";

const FILL_CHUNK = 1000;

/** BullMQ's connection options for the Redis of this run. */
export function bullConnection(context: BenchContext): BullConnection {
  const url = new URL(context.redisUrl);
  return { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
}

/** See {@link bullConnection}. */
export interface BullConnection {
  readonly host: string;
  readonly port: number;
  /** BullMQ's workers insist on null. */
  readonly maxRetriesPerRequest: null;
}

/** Fills the queue with `count` jobs. */
export async function fillJobs(): Promise<void> {
  const context = readContext();
  const queue = new Queue(context.queue, { connection: bullConnection(context) });
  for (let left = context.count; left > 0; left -= FILL_CHUNK) {
    const size = Math.min(left, FILL_CHUNK);
    await queue.addBulk(Array.from({ length: size }, () => ({ name: noopTask, data: { args: [2, 3] } })));
  }
  filled();
}

/** Drains `count` jobs: the clocks start before the worker runs, and stop when the last job has completed. */
export async function measureJobs(processor: Processor | URL, concurrency: number): Promise<void> {
  const context = readContext();
  const worker = new Worker(context.queue, processor, {
    connection: bullConnection(context),
    autorun: false,
    concurrency,
    ...(context.settings.storeResults === true ? {} : { removeOnComplete: { count: 0 } }),
  });
  await worker.waitUntilReady();
  const meter = await readyAndGo();
  let completed = 0;
  worker.on("completed", () => {
    completed += 1;
    if (completed === context.count) meter.finish(completed);
  });
  await worker.run();
}

/** The other side of a round trip: a worker whose jobs end at once. */
export async function serveJobs(): Promise<void> {
  const context = readContext();
  const worker = new Worker(context.queue, async () => null, { connection: bullConnection(context) });
  await worker.waitUntilReady();
  readyForever();
}

type Child = NonNullable<FlowJob["children"]>[number];

/** Measures flows, one at a time: the parent of a flow runs when all of its children have ended. */
export async function measureFlows(childrenOf: (node: Child) => Child[]): Promise<never> {
  const context = readContext();
  const connection = bullConnection(context);
  const flows = new FlowProducer({ connection });
  const events = new QueueEvents(context.queue, { connection });
  await Promise.all([flows.waitUntilReady(), events.waitUntilReady()]);
  const node = { name: noopTask, queueName: context.queue, data: { args: [2, 3] } };
  return measureRoundtrips(
    async () => {
      const { job } = await flows.add({ ...node, children: childrenOf(node) });
      return job.waitUntilFinished(events);
    },
    { warmUpCalls: 2 },
  );
}
