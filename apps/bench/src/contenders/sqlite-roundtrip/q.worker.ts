import { readContext } from "../../harness/contender.ts";
import { serveBench } from "../shared/q-app.ts";

const { sqlitePath, queue } = readContext();
await serveBench({ queue, broker: `sqlite:///${sqlitePath}`, backend: `sqlite:///${sqlitePath}` });
