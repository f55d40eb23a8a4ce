import { readContext } from "../../harness/contender.ts";
import { measureEnqueue } from "../shared/q-app.ts";

const { redisUrl, queue, count, settings } = readContext();
await measureEnqueue(
  { queue, broker: redisUrl },
  { count, window: settings.window ?? 100, mode: settings.mode ?? "concurrent" },
);
