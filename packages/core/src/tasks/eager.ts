import type { App } from "../app/app.ts";
import { signatureList } from "../canvas/signature-list.ts";
import { isoFormat } from "../protocol/iso-time.ts";
import { EagerResult } from "../results/eager-result.ts";
import type { CallOptions } from "./call-options.ts";
import { localRequest, signalOf } from "./direct-call.ts";
import { type Execution, executeTask, outcomeOf, runHandlers } from "./execute.ts";
import type { TaskBase } from "./task-base.ts";
import { currentTask, TaskContext } from "./task-context.ts";

/** A call to be run in the calling process. */
export interface EagerCall {
  readonly task: TaskBase;
  readonly args: readonly unknown[];
  readonly options: CallOptions & { throw?: boolean };
}

/**
 * Runs a task here and now, as a worker would: retries follow at once, handlers and callbacks run.
 *
 * @throws the task's error with `throw: true`, or when the setting `taskEagerPropagates` is on
 */
export async function applyEagerly(app: App, call: EagerCall): Promise<EagerResult<unknown>> {
  const { execution, context } = await runUntilSettled(app, call);
  await runHandlers(execution, context);
  await runCallbacks(app, call.options, { execution, context });
  const result = new EagerResult(context.request.id, app, {
    status: execution.status,
    outcome: outcomeOf(execution),
    traceback: execution.status === "FAILURE" ? (execution.error.stack ?? null) : null,
    dateDone: isoFormat(new Date(app.clock.now())),
  });
  if (app.conf.taskStoreEagerResult) await (await app.backend()).store(await result.meta());
  if (execution.status === "FAILURE" && (call.options.throw ?? app.conf.taskEagerPropagates)) {
    throw execution.error;
  }
  return result;
}

async function runUntilSettled(
  app: App,
  call: EagerCall,
): Promise<{ execution: Execution; context: TaskContext }> {
  let { args, options } = call;
  const outer = currentTask();
  const headers: Record<string, unknown> = {
    ...options.headers,
    ...(options.taskId && { id: options.taskId }),
  };
  for (let retries = options.retries ?? 0; ; retries++) {
    const request = localRequest(call.task, { headers: { ...headers, retries }, isEager: true });
    headers["id"] = request.id;
    request.args = args;
    request.kwargs = options.kwargs ?? {};
    request.embed = {
      ...request.embed,
      callbacks: signatureList(options.link),
      errbacks: signatureList(options.linkError),
    };
    const signal = (): AbortSignal => signalOf(outer);
    const context = new TaskContext({ task: call.task, request, signal, logger: app.logger, outer });
    const execution = await executeTask(context, app.executeMiddleware);
    if (execution.status !== "RETRY") return { execution, context };
    await runHandlers(execution, context);
    const { overrides } = execution.retry;
    args = overrides.args ?? args;
    options = { ...options, ...(overrides.kwargs && { kwargs: overrides.kwargs }) };
  }
}

async function runCallbacks(
  app: App,
  options: CallOptions,
  end: { execution: Execution; context: TaskContext },
): Promise<void> {
  const { execution, context } = end;
  const [links, args] =
    execution.status === "SUCCESS"
      ? [options.link, [execution.value]]
      : execution.status === "FAILURE"
        ? [options.linkError, [context.request.id]]
        : [undefined, []];
  for (const link of signatureList(links) ?? []) {
    const task = app.tasks.get(link.task);
    await task.apply(link.immutable ? link.args : [...args, ...link.args], { kwargs: link.kwargs });
  }
}
