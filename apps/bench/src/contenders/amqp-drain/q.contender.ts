import { readContext } from "../../harness/contender.ts";
import { measureDrain } from "../shared/q-app.ts";

const { amqpUrl, queue, count } = readContext();
await measureDrain({ queue, broker: amqpUrl }, count);
