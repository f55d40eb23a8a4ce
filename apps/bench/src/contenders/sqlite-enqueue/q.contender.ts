import { readContext } from "../../harness/contender.ts";
import { measureEnqueue } from "../shared/q-app.ts";

const { sqlitePath, queue, count, settings } = readContext();
await measureEnqueue(
  { queue, broker: `sqlite:///${sqlitePath}` },
  { count, window: settings.window ?? 100, mode: "bulk" },
);
