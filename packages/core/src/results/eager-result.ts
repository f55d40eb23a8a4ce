import type { ResultMeta } from "@q/backends";
import { asError } from "@q/kernel";
import type { App } from "../app/app.ts";
import { storeError } from "../protocol/stored-error.ts";
import { AsyncResult } from "./async-result.ts";
import type { ResultHandle } from "./result-handle.ts";
import { EXCEPTION_STATES, PROPAGATE_STATES } from "./states.ts";

/** How an eager run ended. */
export interface EagerEnd {
  readonly status: string;
  /** The value, or the error. */
  readonly outcome: unknown;
  readonly traceback: string | null;
  readonly dateDone: string;
  /** Result of what ran before, in a workflow. */
  readonly parent?: ResultHandle;
}

/** The outcome of a task that ran in the calling process, with the API of an AsyncResult. No backend is asked. */
export class EagerResult<TResult> extends AsyncResult<TResult> {
  readonly #end: EagerEnd;

  constructor(id: string, app: App, end: EagerEnd) {
    super(id, app, { parent: end.parent });
    this.#end = end;
  }

  /** The same result, behind another one. */
  withParent(parent: ResultHandle): EagerResult<TResult> {
    return new EagerResult(this.id, this.app, { ...this.#end, parent });
  }

  /** The value. @throws the task's error, unless `propagate` is false: then it is returned. */
  override async get(options: { propagate?: boolean } = {}): Promise<TResult> {
    if (options.propagate ?? true) await this.maybeThrow();
    return this.#end.outcome as TResult;
  }

  override async info(): Promise<unknown> {
    return this.#end.outcome;
  }

  override async maybeThrow(): Promise<void> {
    if (PROPAGATE_STATES.has(this.#end.status)) throw this.#end.outcome;
  }

  override async meta(): Promise<ResultMeta> {
    const { status, outcome, traceback, dateDone } = this.#end;
    const failed = EXCEPTION_STATES.has(status);
    return {
      taskId: this.id,
      status,
      result: failed ? null : outcome,
      error: failed ? storeError(asError(outcome)) : undefined,
      traceback,
      children: [],
      dateDone,
    };
  }

  /** There is nothing to remove. */
  override async forget(): Promise<void> {}

  /** Too late: the task has ended. */
  override async revoke(): Promise<void> {}
}
