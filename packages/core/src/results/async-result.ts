import { type Cancel, TimeoutError } from "@q/kernel";
import type { ResultBackend, ResultMeta, ResultTuple } from "@q/backends";
import type { App } from "../app/app.ts";
import { SyncSubtaskError } from "../errors.ts";
import { parseIsoTime } from "../protocol/iso-time.ts";
import { holdsWorkerSlot } from "../tasks/task-context.ts";
import type { ResultHandle } from "./result-handle.ts";
import { ABORTED, EXCEPTION_STATES, PROPAGATE_STATES, READY_STATES } from "./states.ts";

/** Any long time. */
const KEEP_ALIVE_MS = 60_000;
const noLongerWaiting = "nobody waits any more";

/** Options of `get`. */
export interface GetOptions {
  /** Seconds to wait. Default: for ever. */
  readonly timeout?: number;
  /** Throw the task's error. With `false` it is returned. Default true. */
  readonly propagate?: boolean;
  /** Told of every state on the way, where the backend reports them. */
  readonly onMessage?: (meta: ResultMeta) => void;
  /** Refuse to wait inside a task. Default true. */
  readonly disableSyncSubtasks?: boolean;
  /** Ends the waiting; `get` rejects with its reason. */
  readonly signal?: AbortSignal;
}

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
    if (this.ignored) return null as TResult;
    if (holdsWorkerSlot() && (options.disableSyncSubtasks ?? true)) throw new SyncSubtaskError();
    const meta = await this.#waitForEnd(options);
    if (!EXCEPTION_STATES.has(meta.status)) return meta.result as TResult;
    const error = this.#error(meta);
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
    return meta && EXCEPTION_STATES.has(meta.status) ? this.#error(meta) : meta?.result;
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
    if (meta && PROPAGATE_STATES.has(meta.status)) throw this.#error(meta);
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

  /** The form in which results travel: `[[id, parent], null]`. */
  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], null];
  }

  toString(): string {
    return this.id;
  }

  async #waitForEnd(options: GetOptions): Promise<ResultMeta> {
    const backend = await this.backend();
    const stop = new AbortController();
    const give = (reason: unknown): void => stop.abort(reason);
    const endTimeout = options.timeout === undefined ? undefined : this.#timeOut(options.timeout, stop);
    const onAbort = (): void => give(options.signal?.reason);
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for await (const meta of backend.watch([this.id], stop.signal)) {
        options.onMessage?.(meta);
        if (READY_STATES.has(meta.status)) return meta;
      }
      throw stop.signal.reason;
    } finally {
      endTimeout?.();
      options.signal?.removeEventListener("abort", onAbort);
      // With a reason of ours: the default one is an exception whose stack text costs more than the rest of this.
      stop.abort(noLongerWaiting);
    }
  }

  /** Not `sleep`, which costs as much as a command to the backend. */
  #timeOut(seconds: number, stop: AbortController): Cancel {
    const cancel = this.app.clock.schedule(seconds * 1000, () =>
      stop.abort(new TimeoutError(`no result of task ${this.id} within ${seconds} s`)),
    );
    // What is scheduled does not keep the process alive, but somebody waits here.
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    return () => {
      cancel();
      clearInterval(keepAlive);
    };
  }

  #error(meta: ResultMeta): Error {
    if (meta.error === undefined) return new Error(String(meta.result));
    const error = this.app.errors.revive(meta.error, meta.traceback);
    if (this.app.conf.taskRemoteTracebacks && meta.traceback !== null)
      error.stack = `${error.stack}\n\nIn the worker:\n${meta.traceback}`;
    return error;
  }
}
