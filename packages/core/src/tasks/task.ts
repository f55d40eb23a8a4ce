import { ImproperlyConfiguredError } from "@q/kernel";
import type { App } from "../app/app.ts";
import type { Chunks } from "../canvas/chunks.ts";
import type { Signature, SignatureOptions } from "../canvas/signature.ts";
import type { AsyncResult } from "../results/async-result.ts";
import type { EagerResult } from "../results/eager-result.ts";
import type { CallOptions } from "./call-options.ts";
import type { LastArgs, MissingArgs } from "./partial-args.ts";
import { TaskBase } from "./task-base.ts";

/** The ways to call a task, with the types of its function. */
export interface TaskCalls<TArgs extends readonly unknown[], TReturn> {
  /** Sends the task with these arguments. Settles when the broker has it. */
  delay(...args: TArgs): Promise<AsyncResult<Awaited<TReturn>>>;
  /** Sends the task with these arguments and options. Settles when the broker has it. */
  applyAsync(args: TArgs, options?: CallOptions): Promise<AsyncResult<Awaited<TReturn>>>;
  /** Arguments may be left to the keyword arguments of the options. */
  applyAsync(
    args: readonly [],
    options: CallOptions & { kwargs: object },
  ): Promise<AsyncResult<Awaited<TReturn>>>;
  /** Runs the task here and now, as a worker would: retries, links and handlers included. Sends nothing. */
  apply(args: TArgs, options?: CallOptions & { throw?: boolean }): Promise<EagerResult<Awaited<TReturn>>>;
  /** The result of an earlier call. */
  AsyncResult(taskId: string): AsyncResult<Awaited<TReturn>>;
  /** A signature with these last arguments: those before them are given when it is sent, or by the step before it. */
  s<TGiven extends LastArgs<TArgs>>(...args: TGiven): Signature<MissingArgs<TArgs, TGiven>, Awaited<TReturn>>;
  /** An immutable signature: it has all of its arguments, and takes none from a step before it. */
  si(...args: TArgs): Signature<readonly unknown[], Awaited<TReturn>>;
  /** A signature with arguments and options. */
  signature<TGiven extends LastArgs<TArgs>>(
    args: TGiven,
    options?: CallOptions & { readonly immutable?: false; readonly kwargs?: never },
  ): Signature<MissingArgs<TArgs, TGiven>, Awaited<TReturn>>;
  /** With keyword arguments, or immutable, nothing is known of what it still takes. */
  signature(
    args?: LastArgs<TArgs>,
    options?: SignatureOptions,
  ): Signature<readonly unknown[], Awaited<TReturn>>;
  /** One message that calls the task with each item, one after the other. */
  map(items: readonly TArgs[0][] | Iterable<TArgs[0]>): Signature<readonly unknown[], Awaited<TReturn>[]>;
  /** {@link map} with lists of arguments. */
  starmap(items: readonly TArgs[] | Iterable<TArgs>): Signature<readonly unknown[], Awaited<TReturn>[]>;
  /** Lists of arguments in parts of `size`, each of which is one message. */
  chunks(items: readonly TArgs[] | Iterable<TArgs>, size: number): Chunks<Awaited<TReturn>>;
}

/** A task with the types of its function: call it here, or send it. */
export interface Task<TArgs extends readonly unknown[], TReturn>
  extends Omit<TaskBase, keyof TaskCalls<TArgs, TReturn>>, TaskCalls<TArgs, TReturn> {
  /** Runs the function here and now; nothing is sent. */
  (...args: TArgs): TReturn;
}

/** A class-based task with the types of its `run` method. */
export type ClassTask<TTask extends TaskBase> = Omit<TTask, keyof TaskCalls<[], unknown>> &
  TaskCalls<Parameters<TTask["run"]>, ReturnType<TTask["run"]>>;

/**
 * The task as a task of `app`: itself, or a copy when it belongs to another app already.
 *
 * @throws {ImproperlyConfiguredError} when the task has no name
 */
export function bindTask(task: TaskBase, app: App): TaskBase {
  const name = task.name || task.options.name;
  if (name === "")
    throw new ImproperlyConfiguredError("a task needs a name: set its `name`, unique in the fleet");
  if (task.name === "") task.name = name;
  if (task.boundApp === undefined || task.boundApp === app) {
    task.boundApp = app;
    return task;
  }
  const copy = typeof task === "function" ? callableTask(task) : (Object.create(task) as TaskBase);
  return Object.assign(copy, { boundApp: app, inForce: undefined, shape_: undefined });
}

/** Stands for a task that a message names and nobody knows here, where what follows it must be told of that. */
export function unknownTask(app: App, name: string): TaskBase {
  const task = new TaskBase();
  task.name = name;
  task.options = { name };
  return bindTask(task, app);
}

/** Makes a task callable: a function that inherits everything else from the task. From here on the function is the task. */
export function callableTask(task: TaskBase): TaskBase {
  const call = (...args: readonly unknown[]): unknown => callable.app.caller.direct(callable, args);
  const callable = Object.setPrototypeOf(call, task) as TaskBase;
  // A function has a name of its own, which would hide that of the task.
  Object.defineProperty(callable, "name", { value: task.name });
  return callable;
}
