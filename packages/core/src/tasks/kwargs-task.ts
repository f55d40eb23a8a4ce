import type { AsyncResult } from "../results/async-result.ts";
import type { EagerResult } from "../results/eager-result.ts";
import type { CallOptions } from "./call-options.ts";
import type { TaskCalls } from "./task.ts";
import type { TaskBase } from "./task-base.ts";

/**
 * A task with a schema of its keyword arguments. Its function takes them, as one object, behind the positional
 * arguments; messages carry them by name, so that calls never give that object by position.
 */
export interface KwargsTask<TArgs extends readonly unknown[], TKwargs, TReturn>
  extends Omit<TaskBase, keyof TaskCalls<TArgs, TReturn>>, KwargsTaskCalls<TArgs, TKwargs, TReturn> {
  /** Runs the function here and now, unchecked; nothing is sent. */
  (...args: [...TArgs, TKwargs]): TReturn;
}

/** The ways to call a {@link KwargsTask}. */
export interface KwargsTaskCalls<TArgs extends readonly unknown[], TKwargs, TReturn> extends Pick<
  TaskCalls<TArgs, TReturn>,
  "AsyncResult" | "s"
> {
  /** Sends the task without keyword arguments; only where the schema requires none. */
  delay(
    ...args: Record<never, never> extends TKwargs ? TArgs : never
  ): Promise<AsyncResult<Awaited<TReturn>>>;
  /** Sends the task. Settles when the broker has it. */
  applyAsync(
    args: TArgs,
    ...options: KwargsOptions<TKwargs, CallOptions>
  ): Promise<AsyncResult<Awaited<TReturn>>>;
  /** Runs the task here and now, as a worker would. Sends nothing. */
  apply(
    args: TArgs,
    ...options: KwargsOptions<TKwargs, CallOptions & { throw?: boolean }>
  ): Promise<EagerResult<Awaited<TReturn>>>;
}

/** Options with the keyword arguments that the schema takes; left out only where it requires none. */
export type KwargsOptions<TKwargs, TOptions> =
  Record<never, never> extends TKwargs
    ? [options?: Omit<TOptions, "kwargs"> & { readonly kwargs?: TKwargs }]
    : [options: Omit<TOptions, "kwargs"> & { readonly kwargs: TKwargs }];
