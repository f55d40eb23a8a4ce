import type { KwargsTask } from "./kwargs-task.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { TaskBase, type TaskFunction } from "./task-base.ts";
import type { TaskContext } from "./task-context.ts";
import { callableTask, type Task } from "./task.ts";
import { readTaskOptions } from "./resolve-options.ts";
import type { TaskOptions } from "./task-options.ts";

/** Options of a task whose last parameter takes keyword arguments; `params` would name positional ones. */
type KwargsTaskOptions<TKwargs> = Omit<TaskOptions, "kwargs" | "params"> & {
  readonly kwargs: StandardSchema<TKwargs>;
};

/** Turns a name or options, and a function, into a task. */
export interface DefineTask {
  <TArgs extends readonly unknown[], TReturn>(
    name: string,
    run: (...args: TArgs) => TReturn,
  ): Task<TArgs, TReturn>;
  <TArgs extends readonly unknown[], TKwargs extends object, TReturn>(
    options: KwargsTaskOptions<TKwargs> & { readonly bind: true },
    run: (self: TaskContext, ...args: [...TArgs, TKwargs]) => TReturn,
  ): KwargsTask<TArgs, TKwargs, TReturn>;
  <TArgs extends readonly unknown[], TKwargs extends object, TReturn>(
    options: KwargsTaskOptions<TKwargs> & { readonly bind?: false },
    run: (...args: [...TArgs, TKwargs]) => TReturn,
  ): KwargsTask<TArgs, TKwargs, TReturn>;
  <TArgs extends readonly unknown[], TReturn>(
    options: TaskOptions<TArgs> & { readonly bind: true },
    run: (self: TaskContext, ...args: TArgs) => TReturn,
  ): Task<TArgs, TReturn>;
  <TArgs extends readonly unknown[], TReturn>(
    options: TaskOptions<TArgs> & { readonly bind?: false; readonly args: StandardSchema<TArgs> },
    run: (...args: TArgs) => TReturn,
  ): Task<TArgs, TReturn>;
  <TArgs extends readonly unknown[], TReturn>(
    options: TaskOptions<TArgs> & { readonly bind?: false },
    run: (...args: TArgs) => TReturn,
  ): Task<TArgs, TReturn>;
}

/**
 * Makes a task from a function, for an app to `register`. Libraries offer tasks this way, without an app.
 *
 * @throws {ImproperlyConfiguredError} for an option that looks misspelt
 */
export const defineTask: DefineTask = makeTask as unknown as DefineTask;

function makeTask(given: string | (TaskOptions & { readonly bind?: boolean }), run: TaskFunction): TaskBase {
  const options = typeof given === "string" ? { name: given } : given;
  const { bind = false, base: Base = TaskBase, ...rest } = options;
  const task = new Base();
  const read = readTaskOptions(options.name, rest, (name) => name in TaskBase.prototype);
  Object.assign(task, read.attributes);
  task.name = options.name;
  task.options = { ...task.options, ...read.options };
  task.bound = bind;
  task.run_ = run;
  return callableTask(task);
}
