import type { TaskBase } from "@q/core";
import { tokensPerSecond } from "../rate-limits.ts";
import type { Worker } from "../worker.ts";
import { nok, ok, type PanelArguments, type PanelCommands } from "./panel-command.ts";
import { pythonErrorRepr } from "./python-error.ts";

/** Attributes that `registered` shows unless others are named. */
const USUAL_ATTRIBUTES = ["exchange", "routing_key", "rate_limit"] as const;

/** Commands about types of tasks. */
export const taskCommands: PanelCommands = {
  registered: {
    run: (worker, { taskinfoitems, builtins }) => {
      const wanted =
        Array.isArray(taskinfoitems) && taskinfoitems.length > 0 ? taskinfoitems : USUAL_ATTRIBUTES;
      const names = worker.app.tasks
        .names()
        .filter((name) => builtins === true || !name.startsWith("celery."));
      return names.sort().map((name) => described(worker, worker.app.tasks.get(name), wanted.map(String)));
    },
  },
  rate_limit: { run: rateLimit, required: ["task_name", "rate_limit"] },
  time_limit: { run: timeLimit },
};

function rateLimit(worker: Worker, { task_name: name, rate_limit: rate }: PanelArguments): unknown {
  try {
    tokensPerSecond(rate);
  } catch (error) {
    if ((error as Error).name !== "ValueError") throw error;
    return nok(`Invalid rate limit string: ${pythonErrorRepr(error as Error)}`);
  }
  const task = worker.app.tasks.find(String(name));
  if (task === undefined) return nok("unknown task");
  worker.limits.setRate(task.name, rate);
  worker.dispatcher?.rateChanged(task.name);
  worker.logger.info({ task: task.name, rate }, "the rate limit of a task was changed");
  return ok(rate ? "new rate limit set successfully" : "rate limit disabled successfully");
}

function timeLimit(worker: Worker, { task_name: name, soft, hard }: PanelArguments): unknown {
  const task = worker.app.tasks.find(String(name));
  if (task === undefined) return nok("unknown task");
  const times = { soft: secondsOrNull(soft), hard: secondsOrNull(hard) };
  worker.limits.setTimes(task.name, times);
  worker.logger.info({ task: task.name, ...times }, "the time limits of a task were changed");
  return ok("time limits set successfully");
}

const secondsOrNull = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;

/** `name [attribute=value …]`, with those attributes that the task has. */
function described(worker: Worker, task: TaskBase, attributes: readonly string[]): string {
  const shown = attributes.flatMap((attribute) => {
    const value = valueOf(worker, task, attribute);
    return value === undefined || value === null ? [] : [`${attribute}=${text(value)}`];
  });
  return shown.length === 0 ? task.name : `${task.name} [${shown.join(" ")}]`;
}

function valueOf(worker: Worker, task: TaskBase, attribute: string): unknown {
  if (attribute === "rate_limit") return worker.limits.rateOf(task);
  if (attribute === "name") return task.name;
  const key = attribute.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const options = { ...task.declared, ...task.resolved } as Readonly<Record<string, unknown>>;
  return Object.hasOwn(options, key) ? options[key] : undefined;
}

function text(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? value : JSON.stringify(value);
}
