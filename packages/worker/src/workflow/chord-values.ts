import { TimeoutError } from "@q/kernel";
import { type App, READY_STATES } from "@q/core";
import type { ChordPart, ResultBackend, ResultMeta, ResultTuple, StoredError } from "@q/backends";

/** Every value of a header, or the first member that has failed. */
export type ChordValues =
  | { readonly values: readonly unknown[] }
  | { readonly failed: { readonly taskId: string; readonly error: StoredError | undefined } };

/** Where results are looked up. */
export interface JoinSource {
  readonly app: App;
  readonly backend: ResultBackend;
}

/** A member that has ended, however that became known. */
export type Ended = Pick<ChordPart | ResultMeta, "taskId" | "status" | "result" | "error">;

/**
 * What the body of a chord gets. A header of plain tasks gives their values in order; one that contains groups was
 * saved when it was sent, and its values are nested as that says.
 *
 * @see celery/backends/redis.py, on_chord_part_return
 */
export async function chordValues(
  groupId: string,
  parts: readonly ChordPart[],
  from: JoinSource,
): Promise<ChordValues> {
  const failed = firstFailed(parts);
  if (failed) return { failed };
  const saved = await from.backend.groups.restore(groupId);
  if (!saved) return { values: parts.map(({ result }) => result) };
  const ended = new Map<string, Ended>(parts.map((part) => [part.taskId, part]));
  const missing = idsIn(saved).filter((id) => !ended.has(id));
  if (missing.length > 0) for (const meta of await join(missing, from)) ended.set(meta.taskId, meta);
  return nestedValues(saved, ended);
}

/**
 * Waits for results that were not counted: a Python worker that sends a group inside of the chord takes its size for
 * that of the chord.
 *
 * @throws {TimeoutError} when none comes for `result_chord_join_timeout`
 */
async function join(taskIds: readonly string[], { backend, app }: JoinSource): Promise<ResultMeta[]> {
  const missing = new Set(taskIds);
  const seconds = app.conf.resultChordJoinTimeout;
  const stop = new AbortController();
  const giveUp = (): void =>
    stop.abort(new TimeoutError(`no result of ${[...missing].join(", ")} within ${seconds} s`));
  let cancel = app.clock.schedule(seconds * 1000, giveUp);
  const metas: ResultMeta[] = [];
  try {
    for await (const meta of backend.watch(taskIds, stop.signal)) {
      if (!READY_STATES.has(meta.status) || !missing.delete(meta.taskId)) continue;
      metas.push(meta);
      if (missing.size === 0) return metas;
      cancel();
      cancel = app.clock.schedule(seconds * 1000, giveUp);
    }
    throw stop.signal.reason;
  } finally {
    cancel();
    stop.abort();
  }
}

/** The values of a saved group, nested as the group is. */
export function nestedValues(group: ResultTuple, ended: ReadonlyMap<string, Ended>): ChordValues {
  const failed = firstFailed(idsIn(group).flatMap((id) => ended.get(id) ?? []));
  if (failed) return { failed };
  return { values: (group[1] ?? []).map((member) => valueOf(member, ended)) };
}

/** Ids of the tasks below a group, in order. */
export function idsIn(group: ResultTuple): string[] {
  return (group[1] ?? []).flatMap((member) => (member[1] ? idsIn(member) : [member[0][0]]));
}

function valueOf(result: ResultTuple, ended: ReadonlyMap<string, Ended>): unknown {
  const [[id], children] = result;
  return children ? children.map((child) => valueOf(child, ended)) : (ended.get(id)?.result ?? null);
}

function firstFailed(
  parts: readonly Ended[],
): { taskId: string; error: StoredError | undefined } | undefined {
  const failed = parts.find(({ status }) => status === "FAILURE" || status === "REVOKED");
  return failed && { taskId: failed.taskId, error: failed.error };
}
