// Workers of which every one executes what is sent to the exchange, and the beat that sends. `BROKER_URL` tells the broker.
import { Broadcast, createApp, currentTask } from "@q/core";

export const app = createApp("broadcast", {
  broker: process.env.BROKER_URL,
  taskIgnoreResult: true,
  taskQueues: [new Broadcast("everybody")],
  beat_schedule: { reload: { task: "reload", schedule: 0.5, options: { exchange: "everybody" } } },
});

app.task("reload", () => {
  const { headers } = currentTask().request;
  process.stdout.write(`reload for ${String(headers.periodic_task_name)}\n`);
});
