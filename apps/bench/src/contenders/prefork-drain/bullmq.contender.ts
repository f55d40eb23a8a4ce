import { Worker } from "bullmq";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { bullConnection } from "../shared/bull-connection.ts";

const context = readContext();
const worker = new Worker(context.queue, new URL("bullmq-processor.js", import.meta.url), {
  connection: bullConnection(context),
  autorun: false,
  concurrency: 4,
  removeOnComplete: { count: 0 },
});
await worker.waitUntilReady();
const meter = await readyAndGo();
let completed = 0;
worker.on("completed", () => {
  completed += 1;
  if (completed === context.count) meter.finish(completed);
});
await worker.run();
