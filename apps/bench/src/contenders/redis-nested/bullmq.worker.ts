import { Worker } from "bullmq";
import { readContext, readyForever } from "../../harness/contender.ts";
import { bullConnection } from "../shared/bull-connection.ts";

const context = readContext();
const worker = new Worker(context.queue, async () => null, { connection: bullConnection(context) });
await worker.waitUntilReady();
readyForever();
