import { readContext } from "../../harness/contender.ts";
import { serveBench } from "../shared/q-app.ts";

const { amqpUrl, queue } = readContext();
await serveBench({ queue, broker: amqpUrl, backend: "rpc://" });
