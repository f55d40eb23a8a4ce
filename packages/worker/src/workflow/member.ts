import type { SignatureJson, TaskRequest } from "@q/core";
import type { FailedEnd } from "./failed-end.ts";
import type { SignatureLeaf } from "./signature-leaves.ts";

/** A member of a chord. */
export interface Member {
  readonly groupId: string;
  readonly groupIndex: number | undefined;
  readonly taskId: string;
  /** Signature of the body. */
  readonly chord: SignatureJson;
}

/** How a member ended. */
export type MemberEnd = { readonly status: "SUCCESS"; readonly result: unknown } | FailedEnd;

/** What the task of a request is a member of. */
export function memberOf(request: TaskRequest): Member | undefined {
  const { chord, group: groupId, groupIndex, id: taskId } = request;
  return chord && groupId !== undefined ? { chord, groupId, groupIndex, taskId } : undefined;
}

/** What a task is a member of that has not been sent. */
export function memberOfLeaf({ chord, groupId, groupIndex, taskId }: SignatureLeaf): Member | undefined {
  if (chord === undefined || groupId === undefined || taskId === undefined) return undefined;
  return { chord, groupId, groupIndex, taskId };
}
