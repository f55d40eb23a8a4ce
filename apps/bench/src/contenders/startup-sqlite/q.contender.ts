import { readContext } from "../../harness/contender.ts";
import { measureIdle } from "../shared/idle.ts";
import { benchApp, benchWorker } from "../shared/q-app.ts";

const { sqlitePath, queue } = readContext();
const { app } = benchApp({ queue, broker: `sqlite:///${sqlitePath}`, backend: `sqlite:///${sqlitePath}` });
await benchWorker(app).start();
await measureIdle();
