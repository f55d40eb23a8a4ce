import { type App, createApp, type Task } from "@q/core";
import { readContext } from "../../harness/contender.ts";

const { redisUrl, queue, settings } = readContext();

export const app: App = createApp("bench", {
  broker: redisUrl,
  taskDefaultQueue: queue,
  ...(settings.storeResults === true && { backend: redisUrl }),
});

export const add: Task<[x: number, y: number], number> = app.task(
  "bench.add",
  (x: number, y: number) => x + y,
);
