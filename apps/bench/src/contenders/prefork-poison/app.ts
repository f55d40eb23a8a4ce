import { setTimeout as sleep } from "node:timers/promises";
import type { App, Task } from "@q/core";
import { readContext } from "../../harness/contender.ts";
import { appWithoutTasks } from "../shared/q-app.ts";

const { redisUrl, queue } = readContext();

export const app: App = appWithoutTasks({ queue, broker: redisUrl });

/** Waits as for a database. */
export const good: Task<[], Promise<void>> = app.task("bench.good", async () => {
  await sleep(100);
});

/** Kills its process, every time. */
export const poison: Task<[], void> = app.task(
  { name: "bench.poison", acksLate: true, rejectOnWorkerLost: true },
  () => void process.kill(process.pid, "SIGKILL"),
);
