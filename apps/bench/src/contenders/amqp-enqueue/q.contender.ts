import { readContext } from "../../harness/contender.ts";
import { measureEnqueue } from "../shared/q-app.ts";

const { amqpUrl, queue, count, settings } = readContext();
await measureEnqueue(
  { queue, broker: amqpUrl },
  { count, window: settings.window ?? 100, mode: "concurrent" },
);
