import type { App, Task } from "@q/core";
import { readContext } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";
import { appWithoutTasks } from "../shared/q-app.ts";
import { hash } from "./hash.ts";

const { redisUrl, queue } = readContext();

export const app: App = appWithoutTasks({ queue, broker: redisUrl });

/** The messages that wait name this task. */
export const work: Task<[x: number, y: number], string> = app.task(noopTask, (_x: number, _y: number) =>
  hash(),
);
