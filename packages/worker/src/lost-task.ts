import { runHandlers, TaskContext } from "@q/core/internal";
import { normalBody } from "./incoming.ts";
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

async function contextOf(request: WorkerRequest, { error }: FailedEnd): Promise<TaskContext> {
  const { message, task, request: own } = request;
  const { contentType, contentEncoding, headers } = message;
  const compression = typeof headers["compression"] === "string" ? headers["compression"] : undefined;
  const codec = await task.app.codec();
  const decoded = await codec.decodeAsync(message.body, { contentType, contentEncoding, compression });
  Object.assign(own, normalBody(decoded));
  return new TaskContext({
    task,
    request: own,
    signal: () => AbortSignal.abort(error),
    logger: task.app.logger,
  });
}
