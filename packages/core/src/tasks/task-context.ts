import { AsyncLocalStorage } from "node:async_hooks";
import { exponentialDelay, type Logger } from "@q/kernel";
import type { App } from "../app/app.ts";
import type { Signature } from "../canvas/signature.ts";
import type { SignatureOf } from "../canvas/signature-of.ts";
import { MaxRetriesExceededError } from "../errors.ts";
import type { EventFields } from "../protocol/event-message.ts";
import type { ResultHandle } from "../results/result-handle.ts";
import { ABORTED } from "../results/states.ts";
import { Ignore, Retry } from "./steering.ts";
import type { RetryOptions } from "./retry.ts";
import type { TaskBase } from "./task-base.ts";
import type { TaskRequest } from "./task-request.ts";

/** What a {@link TaskContext} is made from. */
export interface TaskContextSource {
  readonly task: TaskBase;
  readonly request: TaskRequest;
  /** Called at most once, when the task looks at its signal. */
  readonly signal: () => AbortSignal;
  readonly logger: Logger;
  /** The task whose code runs this one in the same process. */
  readonly outer?: TaskContext | undefined;
}

/**
 * The running task: `self` of a bound task, and `currentTask()` anywhere below it. One per execution.
 */
export class TaskContext {
  readonly task: TaskBase;
  readonly request: TaskRequest;
  readonly #source: TaskContextSource;
  #logger: Logger | undefined;
  #signal: AbortSignal | undefined;
  /** Another task took the place of this one, and ends what it is a part of. */
  isReplaced = false;

  constructor(source: TaskContextSource) {
    this.task = source.task;
    this.request = source.request;
    this.#source = source;
  }

  /** The task whose code runs this one in the same process, by calling it or by `apply`. @internal */
  get outer(): TaskContext | undefined {
    return this.#source.outer;
  }

  get app(): App {
    return this.task.app;
  }

  get name(): string {
    return this.task.name;
  }

  /** Aborts with SoftTimeLimitExceeded, on termination, and on a cold shutdown. */
  get signal(): AbortSignal {
    this.#signal ??= this.#source.signal();
    return this.#signal;
  }

  /** Logger whose lines carry the task's name and id. */
  get logger(): Logger {
    this.#logger ??= this.#source.logger.child({ taskId: this.request.id, taskName: this.task.name });
    return this.#logger;
  }

  /**
   * Ends this attempt and runs the task again later, under the same id, on the same queue. Throws, so nothing after it
   * runs; the message is sent once the throw has left the task.
   *
   * @throws {Retry} always, unless `throw: false` (then it is returned, for the caller to throw)
   * @throws the given `exc`, or MaxRetriesExceededError, when no retry is left; `exc` at once in a direct call
   */
  retry(options: RetryOptions & { readonly throw: false }): Retry;
  retry(options?: RetryOptions): never;
  retry(options: RetryOptions = {}): Retry {
    const { exc, maxRetries = this.task.resolved.maxRetries, throw: throwIt = true, ...overrides } = options;
    const request = this.request;
    if (request.calledDirectly)
      throw exc ?? new MaxRetriesExceededError(`${this.name} was called directly: it cannot retry`);
    if (maxRetries !== null && request.retries >= maxRetries) {
      throw exc ?? this.#exhausted();
    }
    const delaySeconds = overrides.countdown ?? this.task.resolved.defaultRetryDelay;
    const when = overrides.eta
      ? new Date(overrides.eta)
      : new Date(this.app.clock.now() + delaySeconds * 1000);
    const retry = new Retry({ exc, when, delaySeconds, overrides });
    if (throwIt) throw retry;
    return retry;
  }

  /** Stores a state of one's own, such as `PROGRESS`, with any data that the result serializer takes. */
  async updateState(update: { state: string; meta?: unknown; taskId?: string }): Promise<void> {
    const backend = await this.app.backend();
    const { request } = this;
    const taskId = update.taskId ?? request.id;
    if (this.task.ignoresResult(request)) return;
    await backend.store(
      {
        taskId,
        status: update.state,
        result: update.meta ?? null,
        traceback: null,
        children: null,
        dateDone: null,
      },
      { replyTo: request.replyTo, correlationId: request.correlationId },
    );
  }

  /**
   * Somebody has asked the task to end, by {@link AsyncResult.abort}. Looks into the result backend; to be told without
   * asking, use {@link signal} and `revoke({ terminate: true })`.
   */
  async isAborted(): Promise<boolean> {
    const [meta] = await (await this.app.backend()).get([this.request.id]);
    return meta?.status === ABORTED;
  }

  /** Tells monitors something about this task: `self.sendEvent("task-progress", { percent: 50 })`. Never throws. */
  sendEvent(type: string, fields: EventFields = {}): void {
    this.app.sendEvent(type, { uuid: this.request.id, ...fields });
  }

  /**
   * Ends this task and has `signature` take its place: under the same id, with the same callbacks, as the same member of
   * its group or chord, and with the rest of the chain behind it. Whoever waits for this task gets the result of that. A
   * group gives the list of its results. Write `return self.replace(…)`: nothing after it runs.
   *
   * @throws {Ignore} always, once the replacement is sent; run eagerly it settles with the result instead
   * @throws {InvalidCanvasError} when the signature is a member of a chord already, or an empty chain
   */
  async replace<TResult>(signature: SignatureOf<[], TResult>): Promise<TResult> {
    const { oneValue, replacement } = await import("../canvas/replace.ts");
    if (this.request.isEager) {
      // Callbacks and the rest of the chain are the business of whoever applies this task.
      const result = await this.app.caller.applyCanvas(oneValue(signature.node), { throw: true });
      return (await result?.get({ disableSyncSubtasks: false })) as TResult;
    }
    await this.app.send(replacement(signature.node, this.request));
    this.isReplaced = true;
    throw new Ignore("replaced by another task");
  }

  /**
   * Adds one more member to the chord that this task is a member of, and sends it: the body waits for it too and gets
   * its result. With `lazy` it is given back instead, for the task to send; a member that is never sent is waited for in
   * vain.
   *
   * @throws {InvalidCanvasError} when the task is not a member of a chord
   * @throws {ChordsUnsupportedError} when the result backend does not count members
   */
  addToChord<TResult>(
    signature: SignatureOf<[], TResult>,
    options: { readonly lazy: true },
  ): Promise<Signature<[], TResult>>;
  addToChord<TResult, THandle>(
    signature: SignatureOf<[], TResult, THandle>,
    options?: { readonly lazy?: false },
  ): Promise<THandle>;
  async addToChord(
    signature: SignatureOf<[], unknown>,
    options: { readonly lazy?: boolean } = {},
  ): Promise<unknown> {
    const [{ joinChord }, { Signature }] = await Promise.all([
      import("../canvas/join-chord.ts"),
      import("../canvas/signature.ts"),
    ]);
    const node = await joinChord(this.app, signature.node, this.request);
    return options.lazy ? new Signature(node, { app: this.app }) : this.app.send(node);
  }

  /** Records a result among the children of this task, unless its option `trail` is off. Calls do it by themselves. */
  addTrail(result: ResultHandle): void {
    if (this.task.resolved.trail) this.request.children.push(result.asTuple());
  }

  #exhausted(): MaxRetriesExceededError {
    const { id, args, kwargs } = this.request;
    return new MaxRetriesExceededError(
      `can't retry ${this.name}[${id}]: no retry is left after ${this.request.retries}`,
      {
        taskArgs: args,
        taskKwargs: kwargs,
      },
    );
  }
}

/** Seconds until an automatic retry, by the task's backoff options; `undefined` leaves it to `defaultRetryDelay`. */
export function autoretryDelay(context: TaskContext): number | undefined {
  const { retryBackoff, retryBackoffMax, retryJitter } = context.task.resolved;
  if (retryBackoff === false) return undefined;
  return exponentialDelay({
    factor: retryBackoff,
    retry: context.request.retries,
    max: retryBackoffMax,
    jitter: retryJitter,
  });
}

const storage = new AsyncLocalStorage<TaskContext>();

/** The task that is running in this async context; `undefined` outside of tasks. */
export function currentTask(): TaskContext | undefined {
  return storage.getStore();
}

/**
 * The task that calls are sent on behalf of: their parent. A task called as a function is part of the task that calls
 * it, and of none outside of tasks.
 */
export function sendingTask(): TaskContext | undefined {
  let context = currentTask();
  while (context?.request.calledDirectly) context = context.outer;
  return context;
}

/** Whether a worker runs this code: waiting here holds one of its slots. */
export function holdsWorkerSlot(): boolean {
  let context = currentTask();
  while (context && (context.request.calledDirectly || context.request.isEager)) context = context.outer;
  return context !== undefined;
}

/** Runs `body` as the task of `context`: everything below it sees that context. */
export function runInContext<TResult>(context: TaskContext, body: () => TResult): TResult {
  return storage.run(context, body);
}
