import { Worker } from "bullmq";
import { readContext } from "../../harness/contender.ts";
import { bullConnection } from "../shared/bull.ts";
import { measureIdle } from "../shared/idle.ts";

const context = readContext();
const worker = new Worker(context.queue, async () => null, { connection: bullConnection(context) });
await worker.waitUntilReady();
await measureIdle();
