import { randomUUID } from "node:crypto";
import { signatureFromJson, type SignatureJson, type TaskBase, type TaskRequest } from "@q/core";
import {
  callDirectly,
  type Once,
  plainArity,
  pythonReprTuple,
  runInContext,
  sendSignature,
  type TaskContext,
  withOnce,
} from "@q/core/internal";

/** A failure that error callbacks are told of. */
export interface ErrbackCause {
  /** The task that failed, or that will never run. */
  readonly request: TaskRequest;
  readonly error: Error;
  readonly traceback: string | null;
  /** Marks what is sent, where it may be sent by another attempt as well. */
  readonly once?: Once | undefined;
}

/**
 * Tells error callbacks of a failure, in the two ways of Celery: a task of this worker that waits for more than one
 * argument and takes no context is called here and now with request, error and traceback; any other one is sent, with
 * the id of the failed task in front of its arguments.
 *
 * @see celery/backends/base.py, _call_task_errbacks
 */
export async function callErrbacks(
  errbacks: readonly SignatureJson[],
  cause: ErrbackCause,
  context: TaskContext,
): Promise<void> {
  const groupId = randomUUID();
  let sent = 0;
  for (const errback of errbacks) {
    const task = context.app.tasks.find(errback.task);
    // Class-based tasks and bound ones get the id, as in Celery; so do those that have the rest of their arguments.
    const missing = (task && plainArity(task)) ?? 0;
    if (task && missing - errback.args.length > 1) await callHere(task, { errback, cause, context });
    else await send(errback, { cause, context, place: { groupId, groupIndex: sent++ } });
  }
}

async function callHere(
  task: TaskBase,
  call: { readonly errback: SignatureJson; readonly cause: ErrbackCause; readonly context: TaskContext },
): Promise<void> {
  const { args, kwargs, immutable } = signatureFromJson(call.errback);
  const { request, error, traceback } = call.cause;
  const { app } = call.context;
  const all = immutable ? args : [request, error, traceback, ...args];
  try {
    await runInContext(call.context, () => callDirectly(app, task, task.bindArguments(all, kwargs)));
  } catch (err) {
    // It is no part of the task that failed, whose other callbacks and handlers are still to be called.
    call.context.logger.error({ err, errback: task.name, failed: request.id }, "an error callback failed");
  }
}

async function send(
  errback: SignatureJson,
  to: {
    readonly cause: ErrbackCause;
    readonly context: TaskContext;
    /** Celery sends them as a group, even a single one. */
    readonly place: { readonly groupId: string; readonly groupIndex: number };
  },
): Promise<void> {
  const { cause, context, place } = to;
  const { id, rootId } = cause.request;
  const once = cause.once && { ...cause.once, key: `${cause.once.key}/${place.groupIndex}` };
  const lineage = { parentId: id, rootId };
  const { app } = context;
  if (errback.subtask_type !== null && errback.subtask_type !== undefined)
    return void (await sendSignature(app, errback, { args: [id], options: lineage, once }));
  const call = signatureFromJson(errback);
  const args = call.immutable ? call.args : [id, ...call.args];
  const own = typeof call.options.rootId === "string" ? { rootId: call.options.rootId } : {};
  await app.sendTask(call.task, args, {
    ...call.options,
    kwargs: call.kwargs,
    argsrepr: pythonReprTuple(args),
    ...place,
    ...lineage,
    ...own,
    ...(once && { headers: withOnce(call.options.headers, once) }),
  });
}
