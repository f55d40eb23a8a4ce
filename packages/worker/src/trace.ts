import { asError, type Logger, QError } from "@q/kernel";
import type { ResultBackend } from "@q/backends";
import type { BodyCodec, WireMessage } from "@q/messaging";
import { type App, type DeliveryInfo, Ignore, InvalidTaskError, type TaskBase } from "@q/core";
import {
  type Execution,
  executeTask,
  hasHandlers,
  pythonRepr,
  runHandlers,
  TaskContext,
  TaskRequest,
  traceRun,
} from "@q/core/internal";
import { Duplicates, mayBeDuplicate } from "./duplicates.ts";
import { takeBody } from "./incoming.ts";
import { sendCallbacks, sendRetry } from "./follow-up.ts";
import { ResultWriter } from "./result-writer.ts";
import { reportSoftLimit } from "./soft-limit.ts";
import { callErrbacks } from "./workflow/errbacks.ts";
import { failedEnd } from "./workflow/failed-end.ts";
import { Workflow } from "./workflow/workflow.ts";

/** What an executor gets: one task message, as it came from the broker. */
export interface TracePayload {
  readonly message: WireMessage;
  readonly deliveryInfo: DeliveryInfo;
  /** The request that was made from them, where the executor shares memory with the worker: one per task is enough. */
  readonly request?: TaskRequest;
  /** Report the result as text, for logs and events. Default false. */
  readonly reportResult?: boolean;
}

/** What an executor reports: how the task ended, in few words. */
export type TraceOutcome =
  | { readonly status: "SUCCESS"; readonly runtimeSeconds: number; readonly result: string | undefined }
  | {
      readonly status: "FAILURE";
      readonly error: Error;
      readonly isExpected: boolean;
      readonly runtimeSeconds: number;
    }
  | { readonly status: "RETRY"; readonly reason: Error; readonly when: Date }
  | { readonly status: "IGNORED" }
  | { readonly status: "REJECTED"; readonly requeue: boolean; readonly reason: Error }
  /** The body could not be decoded, or is of a content type that is not accepted. Nothing has run. */
  | { readonly status: "UNDECODABLE"; readonly error: Error }
  /** The body is not that of a task. Nothing has run. */
  | { readonly status: "INVALID"; readonly error: Error };

/** The tracer's view of its pool job. */
export interface TraceJob {
  readonly signal: AbortSignal;
  /** Milliseconds until `signal` aborts; 0 for never. */
  readonly softLimitMs: number;
  /** The task was ended from outside: its end is stored already, and nothing may follow from what it still does. */
  readonly isOver: boolean;
  /** Called once the message is known to be good and before the task begins: early acknowledgement waits for it. */
  accept(): void;
}

/** A job, and what shall be reported of it. */
interface Traced {
  readonly job: TraceJob;
  readonly reportResult: boolean;
}

/** One run of a task's function that has ended. */
interface Run extends Traced {
  readonly runtimeSeconds: number;
}

/** What a tracer needs. */
export interface TracerParts {
  readonly app: App;
  readonly codec: BodyCodec;
  /** Without one no result is stored. */
  readonly backend: ResultBackend | undefined;
  readonly hostname: string;
  readonly logger: Logger;
}

/**
 * Runs task messages: decode, run, send what follows, store the result, call the handlers; in that order, so that
 * whoever sees the result finds everything done. It lives where tasks run, in the worker's process or in a child's.
 *
 * @see celery/app/trace.py, build_tracer
 */
export class Tracer {
  readonly #parts: TracerParts;
  readonly #workflow: Workflow;
  readonly #results: ResultWriter;
  readonly #duplicates: Duplicates;

  constructor(parts: TracerParts) {
    this.#parts = parts;
    this.#workflow = new Workflow(parts);
    this.#results = new ResultWriter(parts);
    this.#duplicates = new Duplicates({ ...parts, workflow: this.#workflow });
  }

  /** Runs one message; whatever goes wrong in it is an outcome, which is there at once when nothing had to be awaited. */
  trace(payload: TracePayload, job: TraceJob): TraceOutcome | Promise<TraceOutcome> {
    const { message, deliveryInfo, reportResult = false } = payload;
    const { headers, properties } = message;
    const request =
      payload.request ??
      new TaskRequest({ headers, properties, deliveryInfo, hostname: this.#parts.hostname });
    const traced: Traced = { job, reportResult };
    try {
      const decoded = this.#parts.codec.decodeMessageNow(message);
      if (decoded instanceof Promise) return this.#traceLater(request, decoded, traced);
      takeBody(request, decoded);
    } catch (thrown) {
      return unusable(thrown);
    }
    return this.#begin(request, traced);
  }

  /** The codec of the body had to be loaded first. */
  async #traceLater(request: TaskRequest, decoding: Promise<unknown>, traced: Traced): Promise<TraceOutcome> {
    try {
      takeBody(request, await decoding);
    } catch (thrown) {
      return unusable(thrown);
    }
    return this.#begin(request, traced);
  }

  #begin(request: TaskRequest, traced: Traced): TraceOutcome | Promise<TraceOutcome> {
    const { app, logger } = this.#parts;
    const { job } = traced;
    if (job.softLimitMs > 0) reportSoftLimit(logger, { job, request });
    const task = app.tasks.get(request.task);
    const context = new TaskContext({ task, request, signal: () => job.signal, logger: app.logger });
    if (mayBeDuplicate(request) || task.resolved.trackStarted) return this.#beginAfterLook(context, traced);
    job.accept();
    return traceRun(context, () => this.#run(context, traced));
  }

  /** The result backend has a say before the task begins, or wants to know that it does. */
  async #beginAfterLook(context: TaskContext, traced: Traced): Promise<TraceOutcome> {
    const { task, request } = context;
    if (mayBeDuplicate(request) && (await this.#duplicates.isOne(context))) return { status: "IGNORED" };
    traced.job.accept();
    if (task.resolved.trackStarted) await this.#results.started(context);
    return traceRun(context, () => this.#run(context, traced));
  }

  #run(context: TaskContext, traced: Traced): TraceOutcome | Promise<TraceOutcome> {
    const startedMs = performance.now();
    const execution = executeTask(context, this.#parts.app.executeMiddleware);
    const conclude = (end: Execution): TraceOutcome | Promise<TraceOutcome> => {
      const run = { runtimeSeconds: (performance.now() - startedMs) / 1000, ...traced };
      if (run.job.isOver || this.#isPlain(context, end)) return outcomeFrom(context.task, end, run);
      return this.#complete(context, end, run);
    };
    return execution instanceof Promise ? execution.then(conclude) : conclude(execution);
  }

  /** Everything that follows from the end of a task, and what that makes of it. */
  async #complete(context: TaskContext, execution: Execution, run: Run): Promise<TraceOutcome> {
    try {
      const settled = await this.#followUp(context, execution);
      if (hasHandlers(context.task)) await this.#callHandlers(context, settled);
      return outcomeFrom(context.task, settled, run);
    } catch (thrown) {
      const error = asError(thrown);
      const { request, name } = context;
      if (execution.status === "RETRY" && context.task.resolved.acksLate && isUnsent(error)) {
        // The attempt is not used up: the message goes back and the task runs again, as it asked to.
        return { status: "REJECTED", requeue: true, reason: error };
      }
      this.#parts.logger.error(
        { err: error, taskId: request.id, taskName: name },
        "task could not be completed",
      );
      const logged = (text: string) => (err: unknown) =>
        this.#parts.logger.error({ err, taskId: request.id, taskName: name }, text);
      // Who has waited for a store that is away does not wait for it as long again.
      const isPatient = !QError.is(error) || error.code !== "ERR_Q_BACKEND_STORE";
      await this.#results.failed(context, error, { isPatient }).catch(logged("a result could not be stored"));
      const failed = this.#workflow.failed(context, failedEnd(error));
      await failed.catch(logged("the workflow of a task could not be told of its failure"));
      return { status: "FAILURE", error, isExpected: false, runtimeSeconds: run.runtimeSeconds };
    }
  }

  /** Nothing follows: success, no callbacks, no result wanted, no handlers. The common case of busy queues. */
  #isPlain({ task, request }: TaskContext, execution: Execution): boolean {
    const { callbacks, chain, chord } = request.embed;
    if (execution.status !== "SUCCESS" || callbacks !== null || chain !== null || chord !== null)
      return false;
    return (this.#parts.backend === undefined || task.ignoresResult(request)) && !hasHandlers(task);
  }

  /** Sends and stores what the end asks for; a result that cannot be stored turns success into failure. */
  async #followUp(context: TaskContext, execution: Execution): Promise<Execution> {
    switch (execution.status) {
      case "SUCCESS":
        return this.#succeed(context, execution);
      case "FAILURE":
        await this.#fail(context, execution.error);
        return execution;
      case "RETRY":
        // First: the next attempt may end before a state that is stored later, which would then stand for its end.
        await this.#results.retried(context, execution.retry);
        await sendRetry(context, execution.retry);
        return execution;
      case "IGNORED":
        await this.#settleUnended(context, new Ignore());
        return execution;
      case "REJECTED":
        if (!execution.reject.requeue) await this.#settleUnended(context, execution.reject);
        return execution;
    }
  }

  /** A task that ends without a result would leave its chord waiting for ever, unless another one took its place. */
  async #settleUnended(context: TaskContext, error: Error): Promise<void> {
    if (context.isReplaced || context.request.embed.chord === null) return;
    await this.#workflow.failed(context, failedEnd(error));
  }

  async #succeed(context: TaskContext, execution: Execution & { status: "SUCCESS" }): Promise<Execution> {
    const { request } = context;
    if (request.embed.callbacks ?? request.embed.chain) await sendCallbacks(context, execution.value);
    try {
      await this.#results.succeeded(context, execution.value);
      if (request.embed.chord !== null) await this.#workflow.succeeded(context, execution.value);
      return execution;
    } catch (thrown) {
      // Celery's way too: a value that cannot be serialised is the task's failure, not the worker's.
      if (!QError.is(thrown) || thrown.code !== "ERR_Q_ENCODE") throw thrown;
      await this.#fail(context, thrown);
      return { status: "FAILURE", error: thrown };
    }
  }

  /** The result is stored before anything follows: error callbacks look at it. */
  async #fail(context: TaskContext, error: Error): Promise<void> {
    const { request } = context;
    const meta = await this.#results.failed(context, error);
    const end = failedEnd(error);
    const { chain, chord, errbacks } = request.embed;
    if (chain ?? chord) await this.#workflow.failed(context, { ...end, stored: meta?.error ?? end.stored });
    if (errbacks) await callErrbacks(errbacks, { request, error, traceback: end.traceback }, context);
  }

  async #callHandlers(context: TaskContext, execution: Execution): Promise<void> {
    try {
      await runHandlers(execution, context);
    } catch (err) {
      this.#parts.logger.error(
        { err, taskId: context.request.id, taskName: context.name },
        "a task handler threw",
      );
    }
  }
}

/** What a task's end is reported as. */
function outcomeFrom(task: TaskBase, execution: Execution, run: Run): TraceOutcome {
  const { runtimeSeconds, reportResult } = run;
  switch (execution.status) {
    case "SUCCESS": {
      const result = reportResult ? pythonRepr(execution.value, task.resolved.resultreprMaxsize) : undefined;
      return { status: "SUCCESS", runtimeSeconds, result };
    }
    case "FAILURE": {
      const isExpected = task.options.throws?.some((cls) => execution.error instanceof cls) ?? false;
      return { status: "FAILURE", error: execution.error, isExpected, runtimeSeconds };
    }
    case "RETRY":
      return { status: "RETRY", reason: execution.retry.exc ?? execution.retry, when: execution.retry.when };
    case "REJECTED":
      return { status: "REJECTED", requeue: execution.reject.requeue, reason: execution.reject };
    default:
      return { status: "IGNORED" };
  }
}

/** A message that did not reach the broker, and may when it is sent again. */
function isUnsent(error: Error): boolean {
  return QError.is(error) && ["ERR_Q_PUBLISH", "ERR_Q_CONNECTION", "ERR_Q_CLOSED"].includes(error.code);
}

function unusable(thrown: unknown): TraceOutcome {
  const error = asError(thrown);
  return { status: error instanceof InvalidTaskError ? "INVALID" : "UNDECODABLE", error };
}
