import type { WireMessage } from "@q/messaging";
import { runHandlers, TaskContext, TaskRequest, unknownTask } from "@q/core/internal";
import { takeBody } from "./incoming.ts";
import { callErrbacks } from "./workflow/errbacks.ts";
import type { FailedEnd } from "./workflow/failed-end.ts";
import type { Workflow } from "./workflow/workflow.ts";
import type { WorkerRequest } from "./worker-request.ts";

/**
 * What follows a task whose executor could not report its end: the rest of its chain and its chord, its error callbacks
 * and its handlers. The worker itself reads the body for that, which it does for no other task.
 *
 * @see celery/worker/request.py, on_timeout and on_failure
 */
export async function followLost(request: WorkerRequest, end: FailedEnd, workflow: Workflow): Promise<void> {
  const context = await contextOf(request, end);
  const { error, traceback } = end;
  await workflow.failed(context, end);
  const { errbacks } = context.request;
  await callErrbacks(errbacks, { request: context.request, error, traceback }, context);
  await runHandlers({ status: "FAILURE", error }, context);
}

/**
 * What follows a task that was revoked or has expired: its chord and the rest of its chain will not come to their end.
 * Celery forgets the chain.
 */
export async function followRevoked(
  request: WorkerRequest,
  end: FailedEnd,
  workflow: Workflow,
): Promise<void> {
  await workflow.failed(await contextOf(request, end), end);
}

/** What follows a task that nobody knows here: Celery leaves its chord waiting. */
export async function followUnknown(message: WireMessage, end: FailedEnd, workflow: Workflow): Promise<void> {
  const { headers, properties } = message;
  const { app } = workflow;
  const request = new TaskRequest({
    headers,
    properties,
    deliveryInfo: { exchange: "", routingKey: "", priority: 0, redelivered: false },
    hostname: "",
  });
  const task = unknownTask(app, request.task);
  await workflow.failed(await contextOf({ message, task, request }, end), end);
}

async function contextOf(
  request: Pick<WorkerRequest, "message" | "task" | "request">,
  { error }: FailedEnd,
): Promise<TaskContext> {
  const { message, task, request: own } = request;
  const codec = await task.app.codec();
  takeBody(own, await codec.decodeMessage(message));
  return new TaskContext({
    task,
    request: own,
    signal: () => AbortSignal.abort(error),
    logger: task.app.logger,
  });
}
