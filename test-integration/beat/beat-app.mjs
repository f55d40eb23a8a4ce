// The app of a beat and of a worker of ours under test. The environment tells it: `BROKER_URL`.
import { createApp } from "@q/core";

const entry = (task, args, queue) => ({ task, schedule: 0.5, args, options: { queue, expires: 30 } });

export const app = createApp("interop", {
  broker: process.env.BROKER_URL,
  taskIgnoreResult: true,
  beat_schedule: {
    python: entry("interop.add", [2, 3], "for-python"),
    node: entry("interop.multiply", [4, 5], "for-q"),
  },
});

app.task("interop.multiply", (x, y) => x * y);

app.events.on("beat:started", ({ embedded }) => void process.stdout.write(`beat:started ${embedded}\n`));
