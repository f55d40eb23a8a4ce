import { createApp } from "@q/core";

/**
 * Broker and result backend come from the environment: CELERY_BROKER_URL, CELERY_RESULT_BACKEND. Without them, messages
 * and results live in one SQLite file, `./.q/q.db`.
 */
export const app = createApp("worker");

/** Stands for your own tasks: `npx q call worker.add -a '[2, 2]'`. */
export const add = app.task({ name: "worker.add", params: ["x", "y"] }, (x: number, y: number) => x + y);
