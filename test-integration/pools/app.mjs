// The app of the workers under test, as plain JavaScript so that their processes start quickly. The environment tells it:
// `BROKER_URL` (also of its results), `LEDGER` (path of a ledger), `SETTINGS` (more settings as JSON).
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { breakpoint, createApp } from "@q/core";

export const app = createApp("pools", {
  broker: process.env.BROKER_URL,
  backend: process.env.BROKER_URL,
  ...JSON.parse(process.env.SETTINGS ?? "{}"),
});

/** Same lines as `recordEntry` of the harness: one `write` on a file opened for appending. */
function record({ request: { id, retries } }, event) {
  const entry = { id, attempt: retries, event, pid: process.pid, at: Date.now() };
  appendFileSync(process.env.LEDGER, `${JSON.stringify(entry)}\n`);
}

const add = (x, y) => x + y;
app.task("pools.add", add);
app.task("pools.pid", () => process.pid);
app.task({ name: "pools.redelivered", bind: true }, (self) => self.request.deliveryInfo.redelivered);
app.task("pools.environment", (names) => names.map((name) => process.env[name]));
app.task("pools.thread", () => threadId);
app.task("pools.print", (text) => {
  process.stdout.write(String(text) + "\n");
  return process.pid;
});
app.task({ name: "pools.log", bind: true }, (self, text) => {
  self.logger.warn({ at: 1 }, text);
});

app.task("pools.debugged", (n) => {
  const bill = { total: n };
  breakpoint();
  return bill.total;
});

app.task("pools.busy", (ms) => {
  for (const end = Date.now() + ms; Date.now() < end;);
});

const wait = (late) => [
  { name: late ? "pools.late" : "pools.early", bind: true, acksLate: late },
  async (self, ms) => {
    record(self, "start");
    if (ms > 0) await sleep(ms, undefined, { signal: self.signal });
    record(self, "end");
  },
];
app.task(...wait(true));
app.task(...wait(false));

/** Ways to end a process, or not to. */
const ends = {
  exit: () => process.exit(3),
  kill: () => process.kill(process.pid, "SIGKILL"),
  segfault: () => process.kill(process.pid, "SIGSEGV"),
  memory: () => {
    const hoard = [];
    for (;;) hoard.push(Array.from({ length: 100_000 }, () => Math.random()));
  },
  overflow: () => {
    const down = (n) => down(n + 1) + 1;
    return down(0);
  },
  rejection: () => {
    void Promise.reject(new Error("nobody waits for this"));
    return sleep(5000);
  },
  exception: () => {
    setImmediate(() => {
      throw new Error("nobody catches this");
    });
    return sleep(5000);
  },
  unserialisable: () => ({ f: () => 1 }),
  cyclic: () => {
    const value = {};
    return (value.value = value);
  },
  loop: () => {
    for (;;);
  },
  stop: () => process.kill(process.pid, "SIGSTOP"),
};
for (const [name, end] of Object.entries(ends)) app.task(`pools.${name}`, end);
/** The same, run again when its process is lost. */
app.task({ name: "pools.poison", bind: true, acksLate: true, rejectOnWorkerLost: true }, (self, how) => {
  record(self, "start");
  return ends[how]();
});
app.task(
  { name: "pools.endless", bind: true, acksLate: true, acksOnTimeout: false, timeLimit: 0.3 },
  (self) => {
    record(self, "start");
    for (;;);
  },
);

/** Waits for the soft limit and cleans up. */
app.task({ name: "pools.soft", bind: true }, async (self) => {
  try {
    await sleep(10_000, undefined, { signal: self.signal });
  } catch {
    return self.signal.reason.code;
  }
});
