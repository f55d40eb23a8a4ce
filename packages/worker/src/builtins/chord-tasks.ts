import { isResultTuple, type ResultBackend, type ResultTuple } from "@q/backends";
import {
  type App,
  ChordError,
  InvalidTaskError,
  READY_STATES,
  type SignatureJson,
  type TaskContext,
} from "@q/core";
import { idsIn, nestedValues } from "../workflow/chord-values.ts";
import { isSignature } from "../workflow/signature-leaves.ts";
import type { Workflow } from "../workflow/workflow.ts";

/** Name of the task that ends a chord whose deadline is over. */
const CHORD_DEADLINE_TASK = "celery.chord_deadline";

/**
 * `celery.chord_unlock`, by which backends that cannot count come to the end of a chord, and our own task that ends
 * one whose deadline is over.
 */
export function registerChordTasks(
  app: App,
  { backend, workflow }: { readonly backend: ResultBackend | undefined; readonly workflow: Workflow },
): void {
  // Whoever dies while it looks after a chord is followed by another one, or the chord would never end.
  const lasting = { acksLate: true, rejectOnWorkerLost: true, maxRetries: null } as const;
  const quiet = { bind: true, typing: false, ignoreResult: true, ...lasting } as const;
  app.task({ name: "celery.chord_unlock", ...quiet }, async (self: TaskContext) => {
    if (backend === undefined) throw new InvalidTaskError("a chord needs a result backend");
    await unlockChord(self, { backend, workflow });
  });
  app.task({ name: CHORD_DEADLINE_TASK, ...quiet }, async (self: TaskContext) => {
    const [groupId, body, seconds] = self.request.args;
    if (typeof groupId !== "string" || !isSignature(body))
      throw new InvalidTaskError(`${CHORD_DEADLINE_TASK} takes the id of a group and a signature`);
    const error = new ChordError(`Chord ${groupId} has not ended within ${String(seconds)} s`);
    await workflow.endUnfinished({ groupId, body }, error, self);
  });
}

/** Looks whether all members have ended, and again later by retrying itself. */
async function unlockChord(
  self: TaskContext,
  { backend, workflow }: { readonly backend: ResultBackend; readonly workflow: Workflow },
): Promise<void> {
  const { groupId, body, members, ...again } = readUnlock(self);
  const header: ResultTuple = [[groupId, null], members];
  const ids = idsIn(header);
  const metas = await backend.get(ids).catch((error: unknown) => {
    self.logger.warn({ err: error, groupId }, "the members of a chord could not be looked at");
    return [];
  });
  const ended = new Map(
    metas.flatMap((meta) => (meta && READY_STATES.has(meta.status) ? [[meta.taskId, meta]] : [])),
  );
  if (ids.every((id) => ended.has(id))) return workflow.settleJoined(body, nestedValues(header, ended), self);
  if (again.maxRetries !== null && self.request.retries >= again.maxRetries) {
    const error = new ChordError(`Chord ${groupId} has not ended after ${again.maxRetries} looks`);
    return workflow.settleFailed(body, error, self);
  }
  self.retry(again);
}

function readUnlock({ request, app }: TaskContext): {
  readonly groupId: string;
  readonly body: SignatureJson;
  readonly members: readonly ResultTuple[];
  readonly countdown: number;
  readonly maxRetries: number | null;
} {
  const { kwargs, args } = request;
  const [groupId = kwargs["group_id"], body = kwargs["callback"]] = args;
  const { result, interval, max_retries: maxRetries } = kwargs;
  if (
    typeof groupId !== "string" ||
    !isSignature(body) ||
    !Array.isArray(result) ||
    !result.every(isResultTuple)
  )
    throw new InvalidTaskError("celery.chord_unlock takes the id of a group, a signature and results");
  return {
    groupId,
    body,
    members: result,
    countdown: typeof interval === "number" ? interval : app.conf.resultChordRetryInterval,
    maxRetries: typeof maxRetries === "number" ? maxRetries : null,
  };
}
