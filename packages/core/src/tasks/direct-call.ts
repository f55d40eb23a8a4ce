import { hostname } from "node:os";
import type { App } from "../app/app.ts";
import type { TaskBase } from "./task-base.ts";
import { currentTask, runInContext, TaskContext } from "./task-context.ts";
import { TaskRequest } from "./task-request.ts";

/** A request for a task that no message asked for. */
export function localRequest(
  task: TaskBase,
  parts: { headers?: Readonly<Record<string, unknown>>; isEager?: boolean; calledDirectly?: boolean },
): TaskRequest {
  const id = crypto.randomUUID();
  return new TaskRequest({
    headers: { id, task: task.name, root_id: id, ...parts.headers },
    properties: {},
    deliveryInfo: { exchange: "", routingKey: "", priority: 0, redelivered: false },
    hostname: hostname(),
    isEager: parts.isEager ?? false,
    calledDirectly: parts.calledDirectly ?? false,
  });
}

/** A task run inside another one ends with it; else nothing can abort it. */
export function signalOf(outer: TaskContext | undefined): AbortSignal {
  return outer?.signal ?? new AbortController().signal;
}

/** Calls a task as the function it is: its result or its throw is the function's own, nothing is caught. */
export function callDirectly(app: App, task: TaskBase, args: readonly unknown[]): unknown {
  const request = localRequest(task, { calledDirectly: true });
  request.args = args;
  const outer = currentTask();
  const context = new TaskContext({
    task,
    request,
    signal: () => signalOf(outer),
    logger: app.logger,
    outer,
  });
  return runInContext(context, () => task.call_(context, args));
}

/**
 * How many arguments the function of a task takes; `undefined` for a task that is a class or gets its context in front.
 */
export function plainArity(task: TaskBase): number | undefined {
  if (task.run_ === undefined || task.bound) return undefined;
  return Math.max(task.run_.length, task.options.params?.length ?? 0);
}
