import type { Logger } from "@q/kernel";
import type { ResultBackend, ResultMeta } from "@q/backends";
import { runHandlers, TaskContext } from "@q/core/internal";
import { failedChain } from "./failed-chain.ts";
import { sendErrbacks } from "./follow-up.ts";
import { normalBody } from "./incoming.ts";
import type { WorkerRequest } from "./worker-request.ts";

/** How a task was lost, and where that is told. */
export interface Loss {
  readonly error: Error;
  /** The failure as it was stored. */
  readonly meta: ResultMeta;
  readonly backend: ResultBackend | undefined;
  readonly logger: Logger;
}

/**
 * What follows a task whose executor could not report its end: the failure of the rest of its chain, its error
 * callbacks and its handlers. The worker itself reads the body for that, which it does for no other task.
 *
 * @see celery/worker/request.py, on_timeout and on_failure
 */
export async function followLost(request: WorkerRequest, loss: Loss): Promise<void> {
  const { error, meta, backend, logger } = loss;
  const { message, task, request: own } = request;
  const { contentType, contentEncoding, headers } = message;
  const compression = typeof headers["compression"] === "string" ? headers["compression"] : undefined;
  const codec = await task.app.codec();
  const body = normalBody(
    await codec.decodeAsync(message.body, { contentType, contentEncoding, compression }),
  );
  Object.assign(own, body);
  const context = new TaskContext({ task, request: own, signal: () => AbortSignal.abort(error), logger });
  if (backend !== undefined) {
    for (const one of failedChain(own, meta)) await backend.store(one.meta, one.reply);
  }
  if (own.errbacks.length > 0) await sendErrbacks(context);
  await runHandlers({ status: "FAILURE", error }, context);
}
