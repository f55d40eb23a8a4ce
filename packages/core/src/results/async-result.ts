import type { ResultBackend, ResultMeta, ResultTuple } from "@q/backends";
import type { App } from "../app/app.ts";
import { SyncSubtaskError } from "../errors.ts";
import { parseIsoTime } from "../protocol/iso-time.ts";
import { holdsWorkerSlot } from "../tasks/task-context.ts";
import type { DependencyGraph } from "./dependency-graph.ts";
import { errorOf } from "./result-error.ts";
import type { Collected, GraphOptions } from "./result-graph.ts";
import type { ResultHandle } from "./result-handle.ts";
import { tupleOf } from "./result-tuple.ts";
import { ABORTED, EXCEPTION_STATES, PROPAGATE_STATES, READY_STATES } from "./states.ts";
import { checkGetOptions, type GetOptions, WaitLimit, type WaitOptions } from "./wait-limit.ts";

/**
 * A handle on a task that was sent. Holding one costs nothing; reading it asks the result backend.
 * `PENDING` means "nothing stored", so it is also the state of an id that never existed.
 */
export class AsyncResult<TResult> {
  readonly id: string;
  readonly app: App;
  /** Result of the task that sent this one, when known. */
  readonly parent: ResultHandle | undefined;

  /** The call asked for no result: `get` has nothing to wait for. */
  readonly ignored: boolean;

  constructor(
    id: string,
    app: App,
    known: { readonly parent?: ResultHandle | undefined; readonly ignored?: boolean } = {},
  ) {
    this.id = id;
    this.app = app;
    this.parent = known.parent;
    this.ignored = known.ignored ?? false;
  }

  /** The result backend it reads. */
  backend(): Promise<ResultBackend> {
    return this.app.backend();
  }

  /**
   * Waits for the end of the task and returns its value; `null` at once when the call asked for no result.
   *
   * @throws the task's error, rebuilt, when it failed or was revoked
   * @throws {TimeoutError} when `timeout` is over first
   * @throws {SyncSubtaskError} inside a task that a worker runs
   */
  async get(options: GetOptions = {}): Promise<TResult> {
    checkGetOptions(options);
    if (this.ignored) return null as TResult;
    if (holdsWorkerSlot() && (options.disableSyncSubtasks ?? true)) throw new SyncSubtaskError();
    if (this.parent && (options.followParents ?? true) && (options.propagate ?? true)) {
      await this.#throwParentsError();
    }
    const meta = await this.#waitForEnd(options);
    if (!EXCEPTION_STATES.has(meta.status)) return meta.result as TResult;
    const error = errorOf(meta, this.app);
    if (options.propagate === false) return error as TResult;
    throw error;
  }

  /** State of the task: a built-in one or its own. */
  async state(): Promise<string> {
    return (await this.meta())?.status ?? "PENDING";
  }

  /** The task has ended. */
  async ready(): Promise<boolean> {
    return READY_STATES.has(await this.state());
  }

  /** The task has ended well. */
  async successful(): Promise<boolean> {
    return (await this.state()) === "SUCCESS";
  }

  /** The task has ended with an error. */
  async failed(): Promise<boolean> {
    return (await this.state()) === "FAILURE";
  }

  /** Whatever is stored, nothing thrown: the value, the error, or the data of a custom state. */
  async info(): Promise<unknown> {
    const meta = await this.meta();
    return meta && EXCEPTION_STATES.has(meta.status) ? errorOf(meta, this.app) : meta?.result;
  }

  /** Same as {@link info}, under Celery's other name. */
  result(): Promise<unknown> {
    return this.info();
  }

  /** Stack text of a failed task. */
  async traceback(): Promise<string | undefined> {
    return (await this.meta())?.traceback ?? undefined;
  }

  /** Results of tasks that this one has sent; known when it has ended. */
  async children(): Promise<ResultHandle[]> {
    return ((await this.meta())?.children ?? []).map((tuple) => this.app.resultFromTuple(tuple));
  }

  /** When the task ended. */
  async dateDone(): Promise<Date | undefined> {
    const text = (await this.meta())?.dateDone;
    return text ? parseIsoTime(text) : undefined;
  }

  /** Everything stored, `undefined` when nothing is. With `result_extended` also name, arguments and worker. */
  async meta(): Promise<ResultMeta | undefined> {
    const backend = await this.backend();
    return (await backend.get([this.id]))[0];
  }

  /** Something is stored under the id. */
  async exists(): Promise<boolean> {
    return (await this.meta()) !== undefined;
  }

  /** Throws the task's error when it has failed. */
  async maybeThrow(): Promise<void> {
    const meta = await this.meta();
    if (meta && PROPAGATE_STATES.has(meta.status)) throw errorOf(meta, this.app);
  }

  /** The present state and every change until the end, as far as the backend reports them. */
  async *states(options: WaitOptions = {}): AsyncGenerator<ResultMeta, void, undefined> {
    const backend = await this.backend();
    const limit = new WaitLimit(this.app.clock, options, `task ${this.id}`);
    try {
      for await (const meta of backend.watch([this.id], limit.signal)) {
        yield meta;
        if (READY_STATES.has(meta.status)) return;
      }
      throw limit.signal.reason;
    } finally {
      limit.end();
    }
  }

  /**
   * This result and all that came of it, with their values, each before its children. Waits for none of them.
   *
   * @throws {IncompleteStreamError} at the first one that has not ended, unless `intermediate` is set
   */
  async *collect(options: GraphOptions = {}): AsyncGenerator<Collected, void, undefined> {
    yield* (await import("./result-graph.ts")).collect(this, options);
  }

  /** Value of the last result that came of this one. @throws {IncompleteStreamError} */
  async getLeaf(): Promise<unknown> {
    return (await import("./result-graph.ts")).leafValue(this);
  }

  /** This result and all that came of it, as a graph that can be drawn. @throws {IncompleteStreamError} */
  async graph(options: GraphOptions = {}): Promise<DependencyGraph<ResultHandle>> {
    return (await import("./result-graph.ts")).graphOf(this, options);
  }

  /** Removes the stored result. */
  async forget(): Promise<void> {
    const backend = await this.backend();
    await backend.forget([this.id]);
  }

  /**
   * Asks the task to end: one that looks at `self.isAborted()`, or an `AbortableTask` in Python, does so when it likes.
   * Needs a backend that workers can read, so not `rpc://`.
   */
  async abort(): Promise<void> {
    const backend = await this.backend();
    const nothing = { result: null, traceback: null, children: null, dateDone: null };
    await backend.store({ taskId: this.id, status: ABORTED, ...nothing });
  }

  /** Asks every worker not to run the task; with `terminate` also to end it where it runs. */
  revoke(options: { terminate?: boolean; signal?: string } = {}): Promise<void> {
    return this.app.revoke([this.id], options);
  }

  /** Asks every worker not to run any task that has one of these stamps. */
  async revokeByStampedHeaders(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options: { terminate?: boolean; signal?: string } = {},
  ): Promise<void> {
    await this.app.control.revokeByStampedHeaders(headers, options);
  }

  /** Asks every worker not to run this task, nor those before it and those that came of it, in one message. */
  async revokeTree(options: { terminate?: boolean; signal?: string } = {}): Promise<void> {
    const { treeIds } = await import("./result-graph.ts");
    await this.app.revoke(await treeIds(this), options);
  }

  /** The form in which results travel: `[[id, parent], null]`. */
  asTuple(): ResultTuple {
    return tupleOf(this);
  }

  /** A result that a task gives back, or an argument, travels as its tuple: {@link App.resultFromTuple} reads it. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  toString(): string {
    return this.id;
  }

  async #waitForEnd(options: GetOptions): Promise<ResultMeta> {
    const backend = await this.backend();
    const limit = new WaitLimit(this.app.clock, options, `task ${this.id}`);
    try {
      for await (const meta of backend.watch([this.id], limit.signal)) {
        options.onMessage?.(meta);
        if (READY_STATES.has(meta.status)) return meta;
      }
      throw limit.signal.reason;
    } finally {
      limit.end();
    }
  }

  /** An error of a task before this one in its chain is the error of this one: it will not run any more. */
  async #throwParentsError(): Promise<void> {
    const ids: string[] = [];
    for (let { parent } = this as { parent?: ResultHandle | undefined }; parent; parent = parent.parent) {
      if (!("results" in parent)) ids.push(parent.id);
    }
    if (ids.length === 0) return;
    for (const meta of await (await this.backend()).get(ids)) {
      if (meta && PROPAGATE_STATES.has(meta.status)) throw errorOf(meta, this.app);
    }
  }
}
