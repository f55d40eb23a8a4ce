import type { Logger } from "@q/kernel";
import { runHandlers, TaskContext } from "@q/core/internal";
import { sendErrbacks } from "./follow-up.ts";
import { normalBody } from "./incoming.ts";
import type { WorkerRequest } from "./worker-request.ts";

/**
 * What follows a task whose executor could not report its end: its error callbacks and its handlers. The worker itself
 * reads the body for that, which it does for no other task.
 *
 * @see celery/worker/request.py, on_timeout and on_failure
 */
export async function followLost(request: WorkerRequest, error: Error, logger: Logger): Promise<void> {
  const { message, task, request: own } = request;
  const { contentType, contentEncoding, headers } = message;
  const compression = typeof headers["compression"] === "string" ? headers["compression"] : undefined;
  const codec = await task.app.codec();
  const body = normalBody(
    await codec.decodeAsync(message.body, { contentType, contentEncoding, compression }),
  );
  Object.assign(own, body);
  const context = new TaskContext({ task, request: own, signal: () => AbortSignal.abort(error), logger });
  if (own.errbacks.length > 0) await sendErrbacks(context);
  await runHandlers({ status: "FAILURE", error }, context);
}
