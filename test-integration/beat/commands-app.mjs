// An app with a schedule, for `q beat` as a user types it. The environment tells it: `BROKER_URL`.
import { createApp } from "@q/core";

export const app = createApp("commands", {
  broker: process.env.BROKER_URL ?? "memory://",
  taskIgnoreResult: true,
  beat_schedule: {
    often: { task: "t.often", schedule: 0.2 },
    yearly: { task: "t.yearly", schedule: "0 0 1 1 *" },
  },
});

app.events.on("beat:started", ({ embedded }) => void process.stdout.write(`beat:started ${embedded}\n`));

/** A scheduler of one's own, for `-S`. */
export function createScheduler(options, { name }) {
  process.stdout.write(`own scheduler of ${name}: ${Object.keys(options.entries).join(", ")}\n`);
  return {
    start: async () => {},
    drain: async () => {},
    stop: async () => void process.stdout.write("own scheduler: stopped\n"),
  };
}
