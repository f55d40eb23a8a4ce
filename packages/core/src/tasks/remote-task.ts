import type { App } from "../app/app.ts";
import { type Chunks, chunks } from "../canvas/chunks.ts";
import { starmap, xmap } from "../canvas/map.ts";
import { Signature, type SignatureOptions } from "../canvas/signature.ts";
import { UnboundSignatureError } from "../errors.ts";
import type { AsyncResult } from "../results/async-result.ts";
import { type CallOptions, NO_OPTIONS } from "./call-options.ts";
import type { TaskCalls } from "./task.ts";

/** A task whose code is elsewhere, in Python or in another program: everything but running it here. */
export interface RemoteTask<TArgs extends readonly unknown[], TReturn> extends Omit<
  TaskCalls<TArgs, TReturn>,
  "apply"
> {
  /** Name under which workers know it. */
  readonly name: string;
}

/** Options of every call of a remote task, and the app that sends it. */
export type RemoteTaskOptions = Omit<CallOptions, "kwargs" | "taskId"> & { readonly app?: App };

/**
 * Says the types of a task whose code is elsewhere: `remoteTask<[x: number, y: number], number>("tasks.add")`. Nothing
 * checks that they are true. Without an app it makes signatures, for workflows of tasks that have one;
 * `app.remoteTask` makes one that can be sent by itself.
 */
export function remoteTask<TArgs extends readonly unknown[], TReturn>(
  name: string,
  options: RemoteTaskOptions = {},
): RemoteTask<TArgs, TReturn> {
  return new TaskElsewhere(name, options) as unknown as RemoteTask<TArgs, TReturn>;
}

class TaskElsewhere implements Omit<RemoteTask<readonly unknown[], unknown>, never> {
  readonly name: string;
  readonly #app: App | undefined;
  readonly #options: CallOptions;

  constructor(name: string, { app, ...options }: RemoteTaskOptions) {
    this.name = name;
    this.#app = app;
    this.#options = options;
  }

  delay(...args: readonly unknown[]): Promise<AsyncResult<unknown>> {
    return this.applyAsync(args);
  }

  applyAsync(args: readonly unknown[], options: CallOptions = NO_OPTIONS): Promise<AsyncResult<unknown>> {
    return this.#bound().sendTask(this.name, args, { ...this.#options, ...options });
  }

  AsyncResult(taskId: string): AsyncResult<unknown> {
    return this.#bound().AsyncResult(taskId);
  }

  s(...args: readonly unknown[]): Signature {
    return this.signature(args);
  }

  si(...args: readonly unknown[]): Signature {
    return this.signature(args, { immutable: true });
  }

  signature(args: readonly unknown[] = [], options: SignatureOptions = {}): Signature {
    const { immutable = false, kwargs = {}, ...rest } = options;
    const own = { ...this.#options, ...rest };
    return new Signature(this.name, { args, kwargs, immutable, options: own, app: this.#app });
  }

  map(items: Iterable<unknown>): Signature<readonly unknown[], unknown[]> {
    return xmap(this.signature(), items);
  }

  starmap(items: Iterable<readonly unknown[]>): Signature<readonly unknown[], unknown[]> {
    return starmap(this.signature(), items);
  }

  chunks(items: Iterable<readonly unknown[]>, size: number): Chunks<unknown> {
    return chunks(this.signature(), items, size);
  }

  #bound(): App {
    if (this.#app === undefined) throw new UnboundSignatureError(this.name);
    return this.#app;
  }
}
