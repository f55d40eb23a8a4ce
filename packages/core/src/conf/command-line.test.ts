import { expect, it } from "vitest";
import { readCommandLine } from "./command-line.ts";

it.each([
  ["task_serializer=yaml", "task_serializer", "yaml"],
  ["taskSerializer=yaml", "task_serializer", "yaml"],
  ["worker.concurrency=4", "worker_concurrency", 4],
  [".concurrency=4", "worker_concurrency", 4],
  ["_concurrency=4", "worker_concurrency", 4],
  ["WORKER.Concurrency=4", "worker_concurrency", 4],
  ["task_acks_late=yes", "task_acks_late", true],
  ["broker_url=redis://h?a=b", "broker_url", "redis://h?a=b"],
  ["task_time_limit=none", "task_time_limit", null],
  ['broker_transport_options={"a": 1}', "broker_transport_options", { a: 1 }],
])("reads %s", (argument, name, value) => {
  expect([...readCommandLine([argument], "worker")]).toEqual([[name, value]]);
});

it("refuses what is no setting, with a hint", () => {
  expect(() => readCommandLine(["worker.concurency=4"], "worker")).toThrow(
    'Did you mean "worker_concurrency"?',
  );
  expect(() => readCommandLine(["verbose"], "worker")).toThrow('"verbose" is no setting. Write name=value');
  expect(() => readCommandLine(["worker.concurrency=four"], "worker")).toThrow(
    `command line: setting "worker_concurrency" cannot be 'four'. Expected: whole number, 0 or more, or null.`,
  );
});
