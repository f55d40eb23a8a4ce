import type { AsyncResult } from "../results/async-result.ts";
import { type Chunks, chunks } from "../canvas/chunks.ts";
import { starmap, xmap } from "../canvas/map.ts";
import { Signature, type SignatureOptions } from "../canvas/signature.ts";
import type { App } from "../app/app.ts";
import { mostArguments } from "./arity.ts";
import { bindArguments, type TaskShape } from "./bind-arguments.ts";
import { type CallOptions, NO_OPTIONS } from "./call-options.ts";
import { readTaskOptions, resolveTaskOptions } from "./resolve-options.ts";
import type { ResolvedTaskOptions, TaskOptions } from "./task-options.ts";
import type { TaskRequest } from "./task-request.ts";
import type { TaskContext } from "./task-context.ts";
import type { EagerResult } from "../results/eager-result.ts";

/** How a task ended, for `afterReturn`. */
export interface TaskEnd {
  readonly status: string;
  /** The value, or the error. */
  readonly outcome: unknown;
}

/** The function of a task, with its bound context in front when the task is bound. */
export type TaskFunction = (...args: never[]) => unknown;

/**
 * A task: a name, a function, options, and handlers. Extend it to share handlers between tasks (`base` option) or to
 * write a task as a class with a `run` method (`app.register`). There is one instance per app and process.
 *
 * Members are public rather than `#private` because a task is at the same time a function that inherits from its
 * instance.
 */
export class TaskBase {
  /** Name under which messages find the task. Classes set it; functions get it from their options. */
  name = "";
  /** Options of a class-based task. */
  options: TaskOptions = { name: "" };
  /** @internal */ boundApp: App | undefined;
  /** @internal */ run_: TaskFunction | undefined;
  /** @internal */ bound = false;
  /** @internal */ inForce: OptionsInForce | undefined;
  /** @internal */ shape_: TaskShape | undefined;

  /** Body of a class-based task. */
  run(..._args: never[]): unknown {
    throw new TypeError(`task ${this.name} has no run method`);
  }

  /** Runs in the worker before the body. */
  beforeStart(_context: TaskContext): void | Promise<void> {}
  /** Runs in the worker after success, when the result is stored and what follows is sent. */
  onSuccess(_result: unknown, _context: TaskContext): void | Promise<void> {}
  /** Runs in the worker after a failure. */
  onFailure(_error: Error, _context: TaskContext): void | Promise<void> {}
  /** Runs in the worker when the task is going to be retried. */
  onRetry(_reason: Error, _context: TaskContext): void | Promise<void> {}
  /** Runs in the worker after every end. */
  afterReturn(_end: TaskEnd, _context: TaskContext): void | Promise<void> {}

  /** The app the task belongs to. */
  get app(): App {
    if (this.boundApp === undefined) throw new TypeError(`task ${this.name} is not registered with an app`);
    return this.boundApp;
  }

  /** The task's own options, with the setting `task_annotations` on top. */
  get declared(): TaskOptions {
    return inForce(this).declared;
  }

  /** {@link declared}, with the settings of the app as defaults. */
  get resolved(): ResolvedTaskOptions {
    return inForce(this).resolved;
  }

  /** Whether a run of this request stores no result. */
  ignoresResult(request: TaskRequest): boolean {
    return request.ignoreResult ?? this.resolved.ignoreResult;
  }

  /** Sends the task with these arguments. Settles when the broker has it. */
  delay(...args: readonly unknown[]): Promise<AsyncResult<unknown>> {
    return this.app.caller.call(this, args, NO_OPTIONS);
  }

  /** Sends the task with these arguments and options. Settles when the broker has it. */
  applyAsync(
    args: readonly unknown[] = [],
    options: CallOptions = NO_OPTIONS,
  ): Promise<AsyncResult<unknown>> {
    return this.app.caller.call(this, args, options);
  }

  /** Runs the task here and now, as a worker would: retries, links and handlers included. Sends nothing. */
  apply(
    args: readonly unknown[] = [],
    options: CallOptions & { throw?: boolean } = NO_OPTIONS,
  ): Promise<EagerResult<unknown>> {
    return this.app.caller.applyEagerly(this, args, options);
  }

  /** A signature with these arguments. */
  s(...args: readonly unknown[]): Signature<never> {
    return new Signature(this.name, { args, app: this.boundApp });
  }

  /** An immutable signature: it takes no arguments from a task before it. */
  si(...args: readonly unknown[]): Signature<never> {
    return new Signature(this.name, { args, immutable: true, app: this.boundApp });
  }

  /** A signature with arguments and options. */
  signature(args: readonly unknown[] = [], options: SignatureOptions = {}): Signature<never> {
    const { immutable = false, kwargs = {}, ...rest } = options;
    return new Signature(this.name, { args, kwargs, options: rest, immutable, app: this.boundApp });
  }

  /** The result of an earlier call. */
  AsyncResult(taskId: string): AsyncResult<unknown> {
    return this.app.AsyncResult(taskId);
  }

  /** One message that calls the task with each item, one after the other. */
  map(items: Iterable<unknown>): Signature<readonly unknown[], unknown[]> {
    return xmap(new Signature(this.name, { app: this.boundApp }), items);
  }

  /** {@link map} with lists of arguments. */
  starmap(items: Iterable<readonly unknown[]>): Signature<readonly unknown[], unknown[]> {
    return starmap(new Signature(this.name, { app: this.boundApp }), items);
  }

  /** Lists of arguments in parts of `size`, each of which is one message. */
  chunks(items: Iterable<readonly unknown[]>, size: number): Chunks<unknown> {
    return chunks(new Signature(this.name, { app: this.boundApp }), items, size);
  }

  /** Arguments for the function, the bound context not included. @throws {TaskArgumentsError} */
  bindArguments(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): readonly unknown[] {
    this.shape_ ??= taskShape(this);
    return bindArguments(this.shape_, args, kwargs);
  }

  /** Fails at the caller what would fail in the worker. @throws {TaskArgumentsError} */
  checkArguments(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>> = {}): void {
    // A schema knows more than the number of parameters: it may fill in defaults.
    if (this.options.args !== undefined) return;
    if (this.options.typing ?? this.app.strictTyping) this.bindArguments(args, kwargs);
  }

  /** Calls the function. @internal */
  call_(context: TaskContext, bound: readonly unknown[]): unknown {
    const run = this.run_ as ((...args: readonly unknown[]) => unknown) | undefined;
    if (run === undefined) return (this.run as (...args: readonly unknown[]) => unknown)(...bound);
    return this.bound ? run(context, ...bound) : run(...bound);
  }
}

/** Options of a task as of a version of its app's settings. */
interface OptionsInForce {
  readonly version: number;
  readonly declared: TaskOptions;
  readonly resolved: ResolvedTaskOptions;
}

/** Worked out on first use and after a change of settings. @throws {ImproperlyConfiguredError} as {@link readTaskOptions} */
function inForce(task: TaskBase): OptionsInForce {
  const { app, name, options } = task;
  if (task.inForce?.version === app.confVersion) return task.inForce;
  const own = { ...options, name };
  const read = readTaskOptions(
    name,
    { ...own, ...app.annotationsFor(own) },
    (one) => one in TaskBase.prototype,
  );
  Object.assign(task, read.attributes);
  const declared = read.options as unknown as TaskOptions;
  task.inForce = { version: app.confVersion, declared, resolved: resolveTaskOptions(declared, app) };
  return task.inForce;
}

function taskShape(task: TaskBase): TaskShape {
  const run = task.run_ ?? (task["run"] as TaskFunction);
  const context = task.bound ? 1 : 0;
  const most = mostArguments(run);
  return {
    name: task.name,
    params: task.options.params,
    required: Math.max(0, run.length - context),
    // A bound function without parameters leaves its context aside too.
    most: most === undefined ? undefined : Math.max(0, most - context),
    takesKwargs: task.options.kwargs !== undefined,
    typing: task.options.typing ?? task.app.strictTyping,
  };
}
