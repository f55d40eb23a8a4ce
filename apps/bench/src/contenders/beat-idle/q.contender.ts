import { dirname, join } from "node:path";
import { Beat, crontab, type EntryOptions } from "@q/beat";
import { readContext } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { measureIdle } from "../shared/idle.ts";

const { redisUrl, sqlitePath, settings, count } = readContext();
/** Two years away. */
const year = new Date().getUTCFullYear() + 2;
const entry = (index: number): EntryOptions => ({
  task: noopTask,
  schedule: crontab({ minute: index % 60, hour: index % 24 }),
  startAt: `${year}-01-01T00:00:00Z`,
});
const beat = new Beat({
  entries: Object.fromEntries(Array.from({ length: count }, (_, index) => [`entry-${index}`, entry(index)])),
  send: () => {},
  store: settings.store === "redis" ? redisUrl : join(dirname(sqlitePath), "schedule"),
});
await beat.start();
await measureIdle();
