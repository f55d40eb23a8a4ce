// The app of the workers under test, as plain JavaScript so that a hundred of them start quickly. The environment
// tells it: `BROKER_URL`, `LEDGER` (path of the ledger), `SETTINGS` (more settings as JSON).
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createApp } from "@q/core";

export const app = createApp("recovery", {
  broker: process.env.BROKER_URL,
  taskIgnoreResult: true,
  ...JSON.parse(process.env.SETTINGS ?? "{}"),
});

/** Same lines as `recordEntry` of the harness: one `write` on a file opened for appending. */
function record(self, event) {
  const { id, retries } = self.request;
  const entry = { id, attempt: retries, event, pid: process.pid, at: Date.now() };
  appendFileSync(process.env.LEDGER, `${JSON.stringify(entry)}\n`);
}

async function wait(self, ms) {
  record(self, "start");
  if (ms > 0) await sleep(ms, undefined, { signal: self.signal });
  record(self, "end");
}

/** Takes `ms` milliseconds; acknowledged when it has ended. */
app.task({ name: "recovery.late", bind: true, acksLate: true }, wait);

/** The same, acknowledged just before it begins. */
app.task({ name: "recovery.early", bind: true }, wait);

/** Takes `ms` milliseconds at its first delivery and no time at later ones. */
app.task({ name: "recovery.interrupted", bind: true, acksLate: true }, (self, ms) =>
  wait(self, self.request.deliveryInfo.redelivered ? 0 : ms),
);

/** Takes `ms` milliseconds, and is run again when its process is lost. */
app.task({ name: "recovery.again", bind: true, acksLate: true, rejectOnWorkerLost: true }, wait);

/** Takes `ms` milliseconds and lets nothing else run in its process meanwhile. */
app.task({ name: "recovery.block", bind: true, acksLate: true }, (self, ms) => {
  record(self, "start");
  const end = performance.now() + ms;
  while (performance.now() < end);
  record(self, "end");
});
