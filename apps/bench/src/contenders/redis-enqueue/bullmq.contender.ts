import { Queue } from "bullmq";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { bullConnection } from "../shared/bull.ts";

const context = readContext();
const window = context.settings.window ?? 100;
const queue = new Queue(context.queue, { connection: bullConnection(context) });
const data = { args: [2, 3] };

async function concurrent(): Promise<void> {
  let left = context.count;
  async function loop(): Promise<void> {
    while (left > 0) {
      left -= 1;
      await queue.add(noopTask, data);
    }
  }
  await Promise.all(Array.from({ length: window }, loop));
}

async function bulk(): Promise<void> {
  for (let left = context.count; left > 0; left -= window) {
    const jobs = Array.from({ length: Math.min(left, window) }, () => ({ name: noopTask, data }));
    await queue.addBulk(jobs);
  }
}

await queue.waitUntilReady();
const meter = await readyAndGo();
await (context.settings.mode === "bulk" ? bulk() : concurrent());
meter.finish(context.count);
