import { readContext } from "../../harness/contender.ts";
import { serveBench } from "../shared/q-app.ts";

const { redisUrl, queue } = readContext();
await serveBench({ queue, broker: redisUrl, backend: redisUrl });
