import { crontab } from "@q/beat";
import { createApp } from "@q/core";

/**
 * Broker and result backend come from the environment: CELERY_BROKER_URL, CELERY_RESULT_BACKEND. Without them, messages
 * and results live in one SQLite file, `./.q/q.db`. The tasks themselves are elsewhere; here are only their names.
 */
export const app = createApp("worker", {
  timezone: "UTC",
  beat_schedule: {
    "add-every-30-seconds": { task: "worker.add", schedule: 30, args: [16, 16] },
    "add-every-monday-morning": {
      task: "worker.add",
      schedule: crontab({ hour: 7, minute: 30, dayOfWeek: "mon" }),
      args: [16, 16],
    },
  },
});
