import { QError } from "@q/kernel";
import type { ReplyAddress, ResultBackend, ResultMeta, StoredError, StoreOptions } from "@q/backends";
import type { BodyCodec } from "@q/messaging";
import type { Retry, TaskRequest } from "@q/core";
import { isoFormat, pythonRepr, storeError, type TaskContext } from "@q/core/internal";
import type { TracerParts } from "./trace.ts";

/**
 * Writes the states that a run of a task passes and comes to into the result backend, for tasks whose results are wanted.
 *
 * @see celery/backends/base.py, store_result
 */
export class ResultWriter {
  readonly #parts: TracerParts;

  constructor(parts: TracerParts) {
    this.#parts = parts;
  }

  /** Never rejects: nobody may wait for this state, and a task runs although it could not be stored. */
  async started(context: TaskContext): Promise<void> {
    const { hostname, logger } = this.#parts;
    const { task, request } = context;
    const backend = this.#backendFor(context);
    if (backend === undefined) return;
    const meta = this.#meta(context, { status: "STARTED", result: { pid: process.pid, hostname } });
    await backend.store(meta, replyAddress(request)).catch((err: unknown) => {
      logger.warn({ err, taskId: request.id, taskName: task.name }, "the state STARTED could not be stored");
    });
  }

  /** @throws {EncodeError} for a value that cannot be serialised; then nothing is stored */
  async succeeded(context: TaskContext, value: unknown): Promise<void> {
    const meta = { status: "SUCCESS", result: value ?? null };
    await this.#backendFor(context)?.store(this.#meta(context, meta), replyAddress(context.request));
  }

  /** Never rejects: that there will be another attempt matters more than the state. */
  async retried(context: TaskContext, retry: Retry): Promise<void> {
    await this.#storeError(context, { status: "RETRY", error: retry.exc ?? retry }).catch((err: unknown) => {
      const { request, name } = context;
      const fields = { err, taskId: request.id, taskName: name };
      this.#parts.logger.warn(fields, "the state of a task that is tried again could not be stored");
    });
  }

  /** Returns what was stored, if anything. */
  failed(context: TaskContext, error: Error, options?: StoreOptions): Promise<ResultMeta | undefined> {
    return this.#storeError(context, { status: "FAILURE", error }, options);
  }

  async #storeError(
    context: TaskContext,
    { status, error }: { readonly status: "FAILURE" | "RETRY"; readonly error: Error },
    options: StoreOptions = {},
  ): Promise<ResultMeta | undefined> {
    const { backend, codec } = this.#parts;
    const { task, request } = context;
    if (backend === undefined) return undefined;
    if (task.ignoresResult(request) && !task.resolved.storeErrorsEvenIfIgnored) return undefined;
    const meta: ResultMeta = {
      ...this.#meta(context, { status, result: null }),
      error: storeError(error),
      traceback: error.stack ?? `${error.name}: ${error.message}`,
    };
    const store = (written: ResultMeta): Promise<void> =>
      backend.store(written, replyAddress(request), options);
    try {
      await store(meta);
      return meta;
    } catch (thrown) {
      if (!QError.is(thrown) || thrown.code !== "ERR_Q_ENCODE") throw thrown;
      const readable = withReadableArguments(meta, codec);
      if (readable === undefined) throw thrown;
      await store(readable);
      return readable;
    }
  }

  /** The backend, when it is to have the result of this task. */
  #backendFor({ task, request }: TaskContext): ResultBackend | undefined {
    return task.ignoresResult(request) ? undefined : this.#parts.backend;
  }

  #meta(context: TaskContext, state: { status: string; result: unknown }): ResultMeta {
    const { request } = context;
    const { conf, clock } = this.#parts.app;
    const isReady = state.status === "SUCCESS" || state.status === "FAILURE";
    return {
      taskId: request.id,
      status: state.status,
      result: state.result,
      traceback: null,
      children: request.children,
      dateDone: isReady ? isoFormat(new Date(clock.now()), conf.timezone) : null,
      groupId: request.group,
      parentId: request.parentId,
      extended: conf.resultExtended ? this.#extended(request) : undefined,
    };
  }

  #extended(request: TaskRequest): NonNullable<ResultMeta["extended"]> {
    return {
      name: request.task,
      args: request.args,
      kwargs: request.kwargs,
      worker: this.#parts.hostname,
      retries: request.retries,
      queue: request.deliveryInfo.routingKey || null,
      stamps: request.stampedHeaders.length > 0 ? request.stamps : undefined,
    };
  }
}

/** Arguments of the error that cannot be written are replaced by their text, as in Celery; nothing when it has no list. */
function withReadableArguments(meta: ResultMeta, codec: BodyCodec): ResultMeta | undefined {
  const { error } = meta;
  if (!Array.isArray(error?.excMessage)) return undefined;
  const excMessage = error.excMessage.map((arg: unknown) => (isWritable(arg, codec) ? arg : pythonRepr(arg)));
  return { ...meta, error: { ...error, excMessage } as StoredError };
}

function isWritable(value: unknown, codec: BodyCodec): boolean {
  try {
    codec.encode(value, { serializer: "json", compression: undefined });
    return true;
  } catch {
    return false;
  }
}

function replyAddress(request: TaskRequest): ReplyAddress {
  return { replyTo: request.replyTo, correlationId: request.correlationId };
}
