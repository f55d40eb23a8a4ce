import type { ReplyAddress, ResultMeta } from "@q/backends";
import type { TaskRequest } from "@q/core";

/** A result to be stored, and where its reader waits for it. */
export interface AddressedMeta {
  readonly meta: ResultMeta;
  readonly reply: ReplyAddress;
}

/**
 * Results of the tasks behind a failed one in its chain: the same failure for each, since none of them will run and
 * whoever waits for the last shall hear of it. Signatures without an id of their own are left out.
 *
 * @see celery/backends/base.py, mark_as_failure
 */
export function failedChain(request: TaskRequest, failure: ResultMeta): AddressedMeta[] {
  return request.chain.flatMap(({ options }) => {
    const { task_id: taskId, group_id: groupId, parent_id: parentId, reply_to: replyTo } = options ?? {};
    if (typeof taskId !== "string") return [];
    const meta: ResultMeta = {
      ...failure,
      taskId,
      children: [],
      groupId: textOf(groupId),
      parentId: textOf(parentId),
      extended: undefined,
    };
    return [{ meta, reply: { replyTo: textOf(replyTo) ?? request.replyTo, correlationId: taskId } }];
  });
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
