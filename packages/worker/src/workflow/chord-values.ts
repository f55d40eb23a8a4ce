import type { ChordPart, ResultBackend, ResultMeta, ResultTuple, StoredError } from "@q/backends";

/** Every value of a header, or the first member that has failed. */
export type ChordValues =
  | { readonly values: readonly unknown[] }
  | { readonly failed: { readonly taskId: string; readonly error: StoredError | undefined } };

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
  backend: ResultBackend,
): Promise<ChordValues> {
  const failed = firstFailed(parts);
  if (failed) return { failed };
  const saved = await backend.restoreGroup(groupId);
  if (!saved) return { values: parts.map(({ result }) => result) };
  const ended = new Map<string, Ended>(parts.map((part) => [part.taskId, part]));
  const missing = idsIn(saved).filter((id) => !ended.has(id));
  for (const meta of missing.length > 0 ? await backend.get(missing) : []) {
    if (meta) ended.set(meta.taskId, meta);
  }
  return nestedValues(saved, ended);
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
