import { type App, createApp, type Task } from "@q/core";
import { readContext } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { hash } from "./hash.ts";

const { redisUrl, queue } = readContext();

export const app: App = createApp("bench", {
  broker: redisUrl,
  taskDefaultQueue: queue,
  taskIgnoreResult: true,
  workerSendTaskEvents: false,
});

/** The messages that wait name this task. */
export const work: Task<[x: number, y: number], string> = app.task(noopTask, (_x: number, _y: number) =>
  hash(),
);
