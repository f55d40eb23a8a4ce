import { readContext, readyForever } from "../../harness/contender.ts";
import { benchApp, benchWorker } from "../shared/q-app.ts";

const { sqlitePath, queue } = readContext();
const { app } = benchApp({ queue, broker: `sqlite:///${sqlitePath}`, backend: `sqlite:///${sqlitePath}` });
await benchWorker(app).start();
readyForever();
