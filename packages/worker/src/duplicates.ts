import type { Logger } from "@q/kernel";
import type { ResultBackend } from "@q/backends";
import type { App, TaskRequest } from "@q/core";
import { onceOf, type TaskContext } from "@q/core/internal";
import type { Workflow } from "./workflow/workflow.ts";

/** What {@link Duplicates} are known by. */
export interface DuplicatesParts {
  readonly app: App;
  readonly backend: ResultBackend | undefined;
  readonly logger: Logger;
  readonly workflow: Workflow;
}

/** Tells by its headers alone whether {@link Duplicates} have to be asked about a message. */
export function mayBeDuplicate(request: TaskRequest): boolean {
  return request.deliveryInfo.redelivered || onceOf(request.headers) !== undefined;
}

/** Messages that are not run because another one has been: the result backend knows. When it cannot be asked they run. */
export class Duplicates {
  readonly #parts: DuplicatesParts;

  constructor(parts: DuplicatesParts) {
    this.#parts = parts;
  }

  async isOne(context: TaskContext): Promise<boolean> {
    return (await this.#isCopy(context)) || this.#hasSucceeded(context);
  }

  /** Whoever took a chord over from a worker that had died has sent its body, or an error callback, once more. */
  async #isCopy({ task, request }: TaskContext): Promise<boolean> {
    const once = onceOf(request.headers);
    const { backend, logger } = this.#parts;
    if (once === undefined || backend?.chords === undefined) return false;
    const isFirst = await backend.chords.begin(once.key, once.attempt).catch((err: unknown) => {
      logger.warn({ err, taskId: request.id }, "whether the message was sent twice is unknown: it runs");
      return true;
    });
    if (!isFirst)
      logger.info(
        { taskId: request.id, taskName: task.name },
        "message was sent twice: the other copy has begun, this one is dropped",
      );
    return !isFirst;
  }

  /** With `worker_deduplicate_successful_tasks`: an earlier delivery has run to its end, only its acknowledgement was lost. */
  async #hasSucceeded(context: TaskContext): Promise<boolean> {
    const { task, request } = context;
    const { app, backend, logger, workflow } = this.#parts;
    if (!app.conf.workerDeduplicateSuccessfulTasks || !task.resolved.acksLate || !backend) return false;
    if (!request.deliveryInfo.redelivered) return false;
    const [meta] = await backend.get([request.id]).catch((err: unknown) => {
      logger.warn({ err, taskId: request.id }, "whether the task has succeeded before is unknown: it runs");
      return [];
    });
    if (meta?.status !== "SUCCESS") return false;
    logger.info(
      { taskId: request.id, taskName: task.name },
      "task has succeeded before and is not run again",
    );
    // What follows a success is sent before it is stored, but its chord is told afterwards.
    await workflow.succeeded(context, meta.result);
    return true;
  }
}
