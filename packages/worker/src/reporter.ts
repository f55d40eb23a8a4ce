import { type Logger, logsAt } from "@q/kernel";
import type { ResultBackend, ResultMeta } from "@q/backends";
import type { Delivery, WireMessage } from "@q/messaging";
import { type App, type NotRegisteredError, TaskRevokedError } from "@q/core";
import { storeError } from "@q/core/internal";
import { errorOf, type LostOutcome } from "./acknowledgement.ts";
import { followLost, followRevoked, followUnknown } from "./lost-task.ts";
import type { TraceOutcome } from "./trace.ts";
import { failedEnd, type FailedEnd, failedMeta } from "./workflow/failed-end.ts";
import { Workflow } from "./workflow/workflow.ts";
import type { WorkerRequest } from "./worker-request.ts";

/** What a reporter writes to. */
export interface ReporterParts {
  readonly app: App;
  readonly logger: Logger;
  readonly backend: ResultBackend | undefined;
}

/** Ends of tasks that executors report; the rest is discarded before it runs. */
type ReportedEnd = Exclude<TraceOutcome, { status: "UNDECODABLE" | "INVALID" }>;

/** The end of a task that no executor reports. */
type Unreported = Pick<FailedEnd, "status" | "error">;

/** Tells the outside what happens to requests: log lines, app events, and results that no executor can store. */
export class Reporter {
  readonly #app: App;
  readonly #logger: Logger;
  readonly #backend: ResultBackend | undefined;
  readonly #logsSuccess: boolean;
  readonly #workflow: Workflow;
  #startedCount = 0;

  constructor(parts: ReporterParts) {
    this.#app = parts.app;
    this.#logger = parts.logger;
    this.#backend = parts.backend;
    this.#workflow = new Workflow(parts);
    this.#logsSuccess = logsAt(parts.logger, "info");
  }

  /** Tasks begun so far. */
  get startedCount(): number {
    return this.#startedCount;
  }

  /** Somebody reads the results of tasks, as text: in the log, or as events. */
  get reportsResults(): boolean {
    return this.#logsSuccess || this.#app.events.has("task:succeeded");
  }

  /** It goes back to the broker before it has begun. */
  returned(request: WorkerRequest): void {
    this.#logger.info(request.logFields, "task returned to its queue");
    this.#app.events.emit("task:returned", { request: request.request });
  }

  started(request: WorkerRequest): void {
    this.#startedCount++;
    if (this.#app.events.has("task:started"))
      this.#app.events.emit("task:started", { request: request.request });
  }

  ended(request: WorkerRequest, end: ReportedEnd): void {
    if (end.status === "SUCCESS") return this.#succeeded(request, end);
    const { events } = this.#app;
    const fields = request.logFields;
    switch (end.status) {
      case "FAILURE":
        if (end.isExpected)
          this.#logger.info({ ...fields, reason: end.error.message }, "task failed as expected");
        else this.#logger.error({ ...fields, err: end.error }, "task failed");
        return events.emit("task:failed", { request: request.request, error: end.error });
      case "RETRY":
        this.#logger.info({ ...fields, reason: end.reason.message, when: end.when }, "task will be retried");
        return events.emit("task:retried", { request: request.request, reason: end.reason });
      case "REJECTED":
        this.#logger.warn(
          { ...fields, requeue: end.requeue, reason: end.reason.message },
          "task rejected its message",
        );
        return events.emit("task:rejected", { request: request.request, requeue: end.requeue });
      default:
        this.#logger.info(fields, "task asked to be ignored");
    }
  }

  #succeeded(request: WorkerRequest, end: ReportedEnd & { status: "SUCCESS" }): void {
    const { events } = this.#app;
    const { runtimeSeconds, result } = end;
    if (this.#logsSuccess)
      this.#logger.info({ ...request.logFields, runtimeSeconds, result }, "task succeeded");
    if (events.has("task:succeeded"))
      events.emit("task:succeeded", { request: request.request, result, runtimeSeconds });
  }

  /** A task whose executor could not report: it ran out of time, or its executor died. */
  async lost(request: WorkerRequest, end: LostOutcome): Promise<void> {
    const error = errorOf(end);
    const orphaned = end.status === "timed out" && end.orphaned;
    this.#logger.error({ ...request.logFields, err: error, orphaned }, "task was ended before it finished");
    this.#app.events.emit("task:failed", { request: request.request, error });
    await this.#store(request, { status: "FAILURE", error });
    await followLost(request, failedEnd(error), this.#workflow).catch((err: unknown) => {
      this.#logger.error({ ...request.logFields, err }, "what follows a lost task could not be done");
    });
  }

  async revoked(
    request: WorkerRequest,
    why: { readonly expired: boolean; readonly terminated: boolean; readonly signum?: number },
  ): Promise<void> {
    this.#logger.info({ ...request.logFields, ...why }, "task revoked");
    this.#app.events.emit("task:revoked", { request: request.request, ...why });
    const error = new TaskRevokedError(why.expired ? "expired" : why.terminated ? "terminated" : "revoked");
    await this.#store(request, { status: "REVOKED", error });
    await followRevoked(request, failedEnd(error, "REVOKED"), this.#workflow).catch((err: unknown) => {
      this.#logger.error({ ...request.logFields, err }, "what follows a revoked task could not be done");
    });
  }

  /**
   * Ids that were revoked and are not here: whoever waits for their results hears of it now. A task that another worker
   * runs, as far as its state tells, is left to that worker.
   */
  async revokedUnseen(ids: readonly string[]): Promise<void> {
    const backend = this.#backend;
    if (backend === undefined || !backend.capabilities.shared || ids.length === 0) return;
    try {
      const known = await backend.get(ids);
      const waits = (index: number): boolean =>
        ["PENDING", "RECEIVED"].includes(known[index]?.status ?? "PENDING");
      const end: Unreported = { status: "REVOKED", error: new TaskRevokedError("revoked") };
      const waiting = ids.filter((_, index) => waits(index));
      await Promise.all(waiting.map((id) => backend.store(this.#failure(id, end))));
    } catch (err) {
      this.#logger.warn({ err, ids }, "the state of revoked tasks could not be stored");
    }
  }

  discarded(delivery: Delivery, how: { error: Error; fate: string }): void {
    const { headers } = delivery.message;
    const id = typeof headers["id"] === "string" ? headers["id"] : undefined;
    const code = "code" in how.error ? how.error.code : undefined;
    this.#logger.error(
      {
        err: how.error,
        code,
        taskId: id,
        taskName: typeof headers["task"] === "string" ? headers["task"].slice(0, 200) : undefined,
        queue: delivery.queue,
        tag: delivery.tag,
        fate: how.fate,
      },
      "message discarded",
    );
    this.#app.events.emit("message:discarded", { error: how.error, queue: delivery.queue, id });
  }

  /** A task nobody knows here: its caller is told with the error that Python raises too. */
  async unknown(message: WireMessage, error: NotRegisteredError): Promise<void> {
    const { id, ignore_result: ignored } = message.headers as { id: string; ignore_result?: unknown };
    this.#app.events.emit("task:unknown", { name: error.taskName, id });
    await this.#guarded(id, async (backend) => {
      const { replyTo, correlationId } = message.properties;
      const meta = this.#failure(id, { status: "FAILURE", error });
      if (ignored !== true) await backend.store(meta, { replyTo, correlationId });
      await followUnknown(message, failedEnd(error), this.#workflow);
    });
  }

  async #store(request: WorkerRequest, end: Unreported): Promise<void> {
    const { task, request: message } = request;
    if (task.ignoresResult(message) && !task.resolved.storeErrorsEvenIfIgnored) return;
    await this.#guarded(message.id, async (backend) => {
      const { replyTo, correlationId } = message;
      await backend.store(this.#failure(message.id, end), { replyTo, correlationId });
    });
  }

  #failure(taskId: string, end: Unreported): ResultMeta {
    const stored = storeError(end.error);
    return failedMeta(this.#app, taskId, { status: end.status, stored, traceback: null });
  }

  async #guarded(taskId: string, store: (backend: ResultBackend) => Promise<void>): Promise<void> {
    try {
      if (this.#backend) await store(this.#backend);
    } catch (err) {
      this.#logger.error({ err, taskId }, "a result could not be stored");
    }
  }
}
