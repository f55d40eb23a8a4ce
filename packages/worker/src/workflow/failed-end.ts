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

/** The result of a task that will not run because of `end`. */
export function unrunMeta(
  taskId: string,
  end: FailedEnd,
  { app, leaf }: { readonly app: App; readonly leaf: SignatureLeaf },
): { readonly meta: ResultMeta; readonly reply: ReplyAddress } {
  const meta: ResultMeta = {
    taskId,
    status: end.status,
    result: null,
    error: end.stored,
    traceback: end.traceback,
    children: [],
    dateDone: isoFormat(new Date(app.clock.now()), app.conf.timezone),
    groupId: leaf.groupId,
    parentId: leaf.parentId,
  };
  return { meta, reply: { replyTo: leaf.replyTo, correlationId: taskId } };
}
