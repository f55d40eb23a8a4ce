// One of several beats on one store. The environment tells it: `STORE` (URL), `LEDGER` (file for what it does).
import { appendFileSync } from "node:fs";
import { Beat } from "@q/beat";

const record = (entry) =>
  appendFileSync(process.env.LEDGER, `${JSON.stringify({ pid: process.pid, time: Date.now(), ...entry })}\n`);

const beat = new Beat({
  store: process.env.STORE,
  entries: { tick: { task: "tick", schedule: 1, misfire: process.env.MISFIRE ?? "all" } },
  send: ({ id, scheduledAt }) => record({ event: "sent", id, at: scheduledAt.getTime() }),
  on: {
    missed: (_name, { from, to, count }) => record({ event: "missed", from, to, count }),
    leading: () => record({ event: "leading" }),
  },
});
await beat.start();
console.log("started");
process.once("SIGTERM", () => void beat.stop());
