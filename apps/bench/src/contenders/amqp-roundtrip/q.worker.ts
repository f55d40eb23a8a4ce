import { readContext, readyForever } from "../../harness/contender.ts";
import { benchApp, benchWorker } from "../shared/q-app.ts";

const { amqpUrl, queue } = readContext();
const { app } = benchApp({ queue, broker: amqpUrl, backend: "rpc://" });
await benchWorker(app).start();
readyForever();
