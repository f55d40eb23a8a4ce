import { dirname, join } from "node:path";
import { Beat, type EntryOptions } from "@q/beat";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { ENTRIES, Lateness, offsetOf, PERIOD_MS } from "../shared/periods.ts";
import { benchApp } from "../shared/q-app.ts";

const { queue, redisUrl, sqlitePath, settings, count } = readContext();
const { app, noop } = benchApp({ queue, broker: redisUrl });
await noop.delay(2, 3);
const meter = await readyAndGo();
const lateness = new Lateness(meter, count);
const start = Date.now() + 2000;
const entry = (index: number): EntryOptions => ({
  task: noopTask,
  schedule: PERIOD_MS / 1000,
  args: [2, 3],
  startAt: start + offsetOf(index),
});
const beat = new Beat({
  entries: Object.fromEntries(
    Array.from({ length: ENTRIES }, (_, index) => [`entry-${index}`, entry(index)]),
  ),
  sender: app,
  store: settings.store === "redis" ? redisUrl : join(dirname(sqlitePath), "schedule"),
  on: { sent: ({ scheduledAt }) => lateness.add(scheduledAt.getTime()) },
});
await beat.start();
