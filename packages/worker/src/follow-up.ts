import { randomUUID } from "node:crypto";
import type { ResultTuple } from "@q/backends";
import { overlayOptions, runInContext, type TaskContext } from "@q/core/internal";
import type { CallOptions, ResultHandle, Retry, SignatureJson, TaskRequest } from "@q/core";
import { BROKER_HEADERS } from "./broker-headers.ts";

/** Headers that every new message sets for itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "lang", "task", "id", "shadow", "eta", "expires", "group", "group_index", "retries", "timelimit", "root_id",
  "parent_id", "argsrepr", "kwargsrepr", "origin", "ignore_result", "replaced_task_nesting", "stamped_headers", "stamps",
  "compression", "redelivered",
]); // prettier-ignore

/**
 * Publishes the next attempt of a task: same id, one retry more, everything else as in this one unless overridden.
 *
 * @see wire protocol, "retry"
 */
export async function sendRetry(context: TaskContext, retry: Retry): Promise<void> {
  const { request, app } = context;
  const { countdown: _, args = request.args, kwargs = request.kwargs, ...overrides } = retry.overrides;
  const options: CallOptions = {
    ...overlayOptions(sameCall(request), overrides),
    kwargs,
    eta: retry.when,
    taskId: request.id,
    retries: request.retries + 1,
    parentId: request.parentId ?? request.id,
    addToParent: false,
  };
  await app.sendTask(request.task, args, options);
}

/** Options that repeat the call of a request, on the same queue. */
function sameCall(request: TaskRequest): CallOptions {
  const { exchange, routingKey, priority } = request.deliveryInfo;
  const { group, groupIndex, timeLimit, softTimeLimit, shadow, ignoreResult, expires, replyTo } = request;
  const custom = Object.entries(request.headers).filter(
    ([name]) => !OWN_HEADERS.has(name) && !BROKER_HEADERS.test(name),
  );
  return {
    ...(exchange === "" ? { queue: routingKey } : { exchange, routingKey }),
    priority,
    rootId: request.rootId,
    correlationId: request.correlationId,
    ...(replyTo !== undefined && { replyTo }),
    ...(expires !== undefined && { expires }),
    ...(group !== undefined && { groupId: group }),
    ...(groupIndex !== undefined && { groupIndex }),
    ...(timeLimit !== undefined && { timeLimit }),
    ...(softTimeLimit !== undefined && { softTimeLimit }),
    ...(shadow !== undefined && { shadow }),
    ...(ignoreResult !== undefined && { ignoreResult }),
    ...(request.argsrepr !== undefined && { argsrepr: request.argsrepr }),
    ...(request.kwargsrepr !== undefined && { kwargsrepr: request.kwargsrepr }),
    ...(request.callbacks.length > 0 && { link: request.callbacks }),
    ...(request.errbacks.length > 0 && { linkError: request.errbacks }),
    ...(request.chain.length > 0 && { chain: request.chain }),
    ...(request.chord && { chord: request.chord }),
    ...(request.stampedHeaders.length > 0 && {
      stampedHeaders: request.stampedHeaders,
      stamps: request.stamps,
    }),
    replacedTaskNesting: request.replacedTaskNesting,
    ...(custom.length > 0 && { headers: Object.fromEntries(custom) }),
  };
}

/**
 * Sends the success callbacks, then the next task of the chain, each with the result in front of its arguments. They
 * are children of the task, as in Celery, and inherit what its own calls would.
 */
export function sendCallbacks(context: TaskContext, value: unknown): Promise<void> {
  return runInContext(context, () => sendEach(context, value));
}

async function sendEach(context: TaskContext, value: unknown): Promise<void> {
  const { request, app } = context;
  const { callbacks } = request;
  const [only] = callbacks;
  if (callbacks.length === 1 && only) await app.send(only, [value], lineage(request, only));
  else if (callbacks.length > 1) await sendAsGroup(context, value);
  const rest = [...request.chain];
  const next = rest.pop();
  if (next)
    await app.send(next, [value], { ...lineage(request, next), ...(rest.length > 0 && { chain: rest }) });
}

/** Several callbacks are a group of their own, as in Celery; groups among them stay groups. */
async function sendAsGroup({ request, app, task }: TaskContext, value: unknown): Promise<void> {
  const groupId = randomUUID();
  const members: ResultTuple[] = [];
  for (const callback of request.callbacks) {
    const options = lineage(request, callback);
    if (callback.subtask_type === "group") await app.send(callback, [value], options);
    else {
      const place = { groupId, groupIndex: members.length, addToParent: false };
      // An empty chain sends nothing.
      const sent = (await app.send(callback, [value], { ...options, ...place })) as ResultHandle | null;
      if (sent) members.push(sent.asTuple());
    }
  }
  if (task.resolved.trail && members.length > 0) request.children.push([[groupId, null], members]);
}

/** Where a follow-up belongs: below this task, in the same workflow, unless its signature was frozen elsewhere. */
function lineage(request: TaskRequest, signature: SignatureJson): CallOptions {
  const own = signature.options ?? {};
  return {
    parentId: request.id,
    rootId: typeof own["root_id"] === "string" ? own["root_id"] : request.rootId,
  };
}
