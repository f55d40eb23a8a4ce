import { expect, it } from "vitest";
import { LogAudit, type LogEntry } from "./log-audit.ts";

const python = `[2026-11-21 10:00:00,000: INFO/MainProcess] Task proj.add[id-1] received
[2026-11-21 10:00:00,100: INFO/ForkPoolWorker-1] Task proj.add[id-1] succeeded in 0.1s: 4
[2026-11-21 10:00:01,000: INFO/MainProcess] Task proj.div[id-2] received
[2026-11-21 10:00:01,100: ERROR/ForkPoolWorker-1] Task proj.div[id-2] raised unexpected: ZeroDivisionError()
Traceback (most recent call last):
ZeroDivisionError
[2026-11-21 10:00:02,000: INFO/MainProcess] Task proj.add[id-3] received
[2026-11-21 10:00:02,000: INFO/MainProcess] Connected to redis://`;

const ours = `[2026-11-21 10:00:00,000: INFO] task received proj.add[id-1]
[2026-11-21 10:00:00,100: INFO] task succeeded proj.add[id-1] runtimeSeconds=0.1
[2026-11-21 10:00:01,000: INFO] task received proj.div[id-2]
[2026-11-21 10:00:01,100: ERROR/ForkPoolWorker-1] task failed proj.div[id-2]
Error: division by zero
    at div (tasks.ts:1:1)
[2026-11-21 10:00:02,000: INFO] task received proj.add[id-3]
[2026-11-21 10:00:02,000: INFO] connected`;

const json = [
  { msg: "task received", taskName: "proj.add", taskId: "id-1" },
  { msg: "task succeeded", taskName: "proj.add", taskId: "id-1" },
  { msg: "task received", taskName: "proj.div", taskId: "id-2" },
  { msg: "task failed", taskName: "proj.div", taskId: "id-2", err: { stack: "Error: division by zero" } },
  { msg: "task received", taskName: "proj.add", taskId: "id-3" },
  { msg: "connected" },
]
  .map((line) => JSON.stringify(line))
  .join("\n");

it.each([
  ["Celery's text", python, "ZeroDivisionError"],
  ["our text", ours, "division by zero"],
  ["our JSON lines", json, "division by zero"],
])("counts tasks in %s, with the stacks of those that failed", (_form, log, stack) => {
  const failed: LogEntry[] = [];
  const unknown: string[] = [];
  const audit = new LogAudit({
    entry: (entry) => entry.fact === "failed" && failed.push(entry),
    unknown: (line) => unknown.push(line),
  });
  for (const line of log.split("\n")) audit.line(line);
  audit.end();
  expect(audit).toMatchObject({ total: 3, completed: 2, succeeded: 1, errors: 1 });
  expect([...audit.counts]).toEqual([
    ["proj.add", 2],
    ["proj.div", 1],
  ]);
  expect([...audit.incomplete]).toEqual([["id-3", "proj.add"]]);
  expect(failed).toMatchObject([{ name: "proj.div", id: "id-2" }]);
  expect(failed[0]?.text).toContain(stack);
  expect(unknown).toHaveLength(1);
});
