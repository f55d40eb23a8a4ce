import type { TaskState } from "@q/core/events";
import { clockTime } from "./task-table.ts";

const MOMENTS = [
  "sent",
  "received",
  "started",
  "succeeded",
  "failed",
  "retried",
  "revoked",
  "rejected",
] as const;

/** What is known of a task, a line for each: who has it, what happened to it and when, and what its events said. */
export function taskDetails(task: TaskState): string[] {
  const moments = MOMENTS.flatMap((moment) => {
    const seconds = task[moment];
    return seconds === undefined ? [] : [{ moment, seconds }];
  }).sort((a, b) => a.seconds - b.seconds);
  const facts: [name: string, value: unknown][] = [
    ["state", task.state],
    ["worker", task.worker?.hostname],
    ["client", task.client],
    ...moments.map(({ moment, seconds }): [string, string] => [moment, clockTime(seconds)]),
    ...Object.entries(task.info()),
    ["children", [...task.children].map((child) => child.uuid).join(", ")],
  ];
  const known = facts.filter(([, value]) => value !== undefined && value !== "");
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`);
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
