import { readContext, readyForever } from "../../harness/contender.ts";
import { benchApp, benchWorker } from "../shared/q-app.ts";

const { redisUrl, queue } = readContext();
const { app } = benchApp({ queue, broker: redisUrl, backend: redisUrl });
await benchWorker(app).start();
readyForever();
