import type { OutgoingTask } from "../protocol/task-message.ts";
import { createApp } from "../app/create-app.ts";
import type { App } from "../app/app.ts";
import type { AppOptions } from "../app/app-options.ts";

let apps = 0;

/** An app whose messages end in a list. */
export function recordingApp(options: AppOptions = {}): { app: App; sent: OutgoingTask[] } {
  const name = `canvas-${++apps}`;
  const sent: OutgoingTask[] = [];
  const app = createApp("test", {
    broker: `memory://${name}`,
    backend: `cache+memory://${name}`,
    publishMiddleware: [
      async (context) => {
        sent.push(context.task);
      },
    ],
    ...options,
  });
  return { app, sent };
}
