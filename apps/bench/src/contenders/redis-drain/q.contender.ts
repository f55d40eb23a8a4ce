import { readContext } from "../../harness/contender.ts";
import { measureDrain } from "../shared/q-app.ts";

const { redisUrl, queue, count, settings } = readContext();
await measureDrain(
  {
    queue,
    broker: redisUrl,
    taskEvents: settings.taskEvents === true,
    ...(settings.storeResults === true && { backend: redisUrl }),
  },
  count,
);
