import type { ReplyAddress, ResultMeta, StoredError } from "@q/backends";
import { type App, ChordError } from "@q/core";
import { errorRepr, isoFormat, storeError } from "@q/core/internal";
import type { SignatureLeaf } from "./signature-leaves.ts";

/** How something ended that did not succeed. */
export interface FailedEnd {
  readonly status: "FAILURE" | "REVOKED";
  readonly error: Error;
  readonly stored: StoredError;
  readonly traceback: string | null;
}

export function failedEnd(error: Error, status: FailedEnd["status"] = "FAILURE"): FailedEnd {
  return { status, error, stored: storeError(error), traceback: error.stack ?? null };
}

/** What ends a chord one of whose members has failed. The text is Celery's. */
export function dependencyFailed(taskId: string, stored: StoredError | undefined): ChordError {
  return new ChordError(`Dependency ${taskId} raised ${stored ? storedRepr(stored) : "an error"}`);
}

/** What Python shows of an exception that was stored. */
function storedRepr({ excType, excMessage }: StoredError): string {
  const args = typeof excMessage === "string" ? [excMessage] : excMessage;
  return errorRepr({ name: excType, message: "", args });
}

/** The result of a task that has ended so, now. */
export function failedMeta(
  { clock, conf }: App,
  taskId: string,
  { status, stored, traceback }: Pick<FailedEnd, "status" | "stored" | "traceback">,
): ResultMeta {
  const dateDone = isoFormat(new Date(clock.now()), conf.timezone);
  return { taskId, status, result: null, error: stored, traceback, children: [], dateDone };
}

/** The result of a task that will not run because of `end`. */
export function unrunMeta(
  taskId: string,
  end: FailedEnd,
  { app, leaf }: { readonly app: App; readonly leaf: SignatureLeaf },
): { readonly meta: ResultMeta; readonly reply: ReplyAddress } {
  const { groupId, parentId, replyTo } = leaf;
  return {
    meta: { ...failedMeta(app, taskId, end), groupId, parentId },
    reply: { replyTo, correlationId: taskId },
  };
}
