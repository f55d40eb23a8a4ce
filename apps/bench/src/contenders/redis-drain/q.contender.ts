import { readContext } from "../../harness/contender.ts";
import { measureDrain } from "../shared/q-app.ts";

const { redisUrl, queue, count, settings } = readContext();
await measureDrain(
  { queue, broker: redisUrl, ...(settings.storeResults === true && { backend: redisUrl }) },
  count,
);
