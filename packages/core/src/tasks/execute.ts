import { asError, QError } from "@q/kernel";
import { composeMiddleware, type ExecuteMiddleware } from "../events/middleware.ts";
import type { ErrorClass } from "../protocol/stored-error.ts";
import type { Reject, Retry } from "./steering.ts";
import { validate } from "./standard-schema.ts";
import { TaskBase } from "./task-base.ts";
import { autoretryDelay, runInContext, type TaskContext } from "./task-context.ts";

/** How an execution ended. */
export type Execution =
  | { readonly status: "SUCCESS"; readonly value: unknown }
  | { readonly status: "FAILURE"; readonly error: Error }
  | { readonly status: "RETRY"; readonly retry: Retry }
  | { readonly status: "IGNORED" }
  | { readonly status: "REJECTED"; readonly reject: Reject };

/**
 * Runs a task's body in its context: arguments bound, middleware around, every throw classified. Never throws or
 * rejects. A body that returns no promise has its execution at once: a turn and, in an async context, its bookkeeping
 * are worth sparing where most tasks are short.
 */
export function executeTask(
  context: TaskContext,
  middleware: readonly ExecuteMiddleware[],
): Execution | Promise<Execution> {
  try {
    const value = runInContext(context, () => runBody(context, middleware));
    return isThenable(value) ? settle(value, context) : { status: "SUCCESS", value };
  } catch (thrown) {
    return classify(thrown, context);
  }
}

async function settle(value: PromiseLike<unknown>, context: TaskContext): Promise<Execution> {
  try {
    return { status: "SUCCESS", value: await value };
  } catch (thrown) {
    return classify(thrown, context);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function runBody(context: TaskContext, middleware: readonly ExecuteMiddleware[]): unknown {
  const { task, request } = context;
  if (task.beforeStart !== TaskBase.prototype.beforeStart || middleware.length > 0)
    return runSurrounded(context, middleware);
  if (hasSchema(task)) return runValidated(context);
  return task.call_(context, task.bindArguments(request.args, request.kwargs));
}

async function runSurrounded(
  context: TaskContext,
  middleware: readonly ExecuteMiddleware[],
): Promise<unknown> {
  await context.task.beforeStart(context);
  const around = composeMiddleware(middleware);
  const body = async (): Promise<unknown> =>
    hasSchema(context.task)
      ? runValidated(context)
      : context.task.call_(context, context.task.bindArguments(context.request.args, context.request.kwargs));
  return around ? around(context, body) : body();
}

function hasSchema(task: TaskBase): boolean {
  const { args, kwargs, result } = task.options;
  return args !== undefined || kwargs !== undefined || result !== undefined;
}

async function runValidated(context: TaskContext): Promise<unknown> {
  const { task, request } = context;
  const schemas = task.options;
  const args = schemas.args
    ? await validate(schemas.args, [...request.args], `arguments of ${task.name}`)
    : request.args;
  const kwargs = schemas.kwargs
    ? await validate(schemas.kwargs, request.kwargs, `keyword arguments of ${task.name}`)
    : request.kwargs;
  const value = await task.call_(
    context,
    task.bindArguments(args, kwargs as Readonly<Record<string, unknown>>),
  );
  return schemas.result ? validate(schemas.result, value, `result of ${task.name}`) : value;
}

function classify(thrown: unknown, context: TaskContext): Execution {
  // By code: the task's module may have loaded a second copy of this package.
  const code = QError.is(thrown) ? thrown.code : undefined;
  if (code === "ERR_Q_RETRY") return { status: "RETRY", retry: thrown as Retry };
  if (code === "ERR_Q_IGNORE") return { status: "IGNORED" };
  if (code === "ERR_Q_REJECT") return { status: "REJECTED", reject: thrown as Reject };
  const error = reasonOf(asError(thrown), context);
  const { autoretryFor, dontAutoretryFor } = context.task.declared;
  const retries = isOneOf(error, autoretryFor) && !isOneOf(error, dontAutoretryFor);
  return retries ? autoretry(error, context) : { status: "FAILURE", error };
}

/** What the task's signal aborted with, for the `AbortError` in which Node's own functions wrap it. */
function reasonOf(error: Error, context: TaskContext): Error {
  const { cause } = error;
  if (error.name !== "AbortError" || !(cause instanceof Error)) return error;
  return cause === context.signal.reason ? cause : error;
}

function autoretry(exc: Error, context: TaskContext): Execution {
  const { countdown: fixed, ...kwargs } = context.task.declared.retryKwargs ?? {};
  const countdown = autoretryDelay(context) ?? fixed;
  try {
    const retry = context.retry({
      ...kwargs,
      exc,
      ...(countdown !== undefined && { countdown }),
      throw: false,
    });
    return { status: "RETRY", retry };
  } catch (error) {
    return { status: "FAILURE", error: asError(error) };
  }
}

/** True for an instance of one of the classes. */
function isOneOf(error: Error, classes: readonly ErrorClass[] | undefined): boolean {
  return classes?.some((cls) => error instanceof cls) ?? false;
}

/** Whether a task has handlers that `runHandlers` would call. */
export function hasHandlers(task: TaskBase): boolean {
  const proto = TaskBase.prototype;
  return (
    task.onSuccess !== proto.onSuccess ||
    task.onFailure !== proto.onFailure ||
    task.onRetry !== proto.onRetry ||
    task.afterReturn !== proto.afterReturn
  );
}

/**
 * Calls the handlers that fit the end of an execution, as part of the task: what they send are its children. What they
 * throw is for the caller to log.
 */
export function runHandlers(execution: Execution, context: TaskContext): Promise<void> {
  return runInContext(context, () => callHandlers(execution, context));
}

async function callHandlers(execution: Execution, context: TaskContext): Promise<void> {
  const { task } = context;
  const proto = TaskBase.prototype;
  if (execution.status === "SUCCESS" && task.onSuccess !== proto.onSuccess)
    await task.onSuccess(execution.value, context);
  if (execution.status === "FAILURE" && task.onFailure !== proto.onFailure)
    await task.onFailure(execution.error, context);
  if (execution.status === "RETRY" && task.onRetry !== proto.onRetry) {
    await task.onRetry(execution.retry.exc ?? execution.retry, context);
  }
  if (task.afterReturn !== proto.afterReturn) {
    await task.afterReturn({ status: execution.status, outcome: outcomeOf(execution) }, context);
  }
}

/** The value or the error of an execution. */
export function outcomeOf(execution: Execution): unknown {
  if (execution.status === "SUCCESS") return execution.value;
  if (execution.status === "FAILURE") return execution.error;
  if (execution.status === "RETRY") return execution.retry.exc ?? execution.retry;
  return execution.status === "REJECTED" ? execution.reject : undefined;
}
