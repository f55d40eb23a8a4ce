import { readContext } from "../../harness/contender.ts";
import { measureDrain } from "../shared/q-app.ts";

const { sqlitePath, queue, count } = readContext();
await measureDrain({ queue, broker: `sqlite:///${sqlitePath}` }, count);
