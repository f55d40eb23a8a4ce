import { randomUUID } from "node:crypto";
import type { ChainDraft, ChordDraft, Draft, GroupDraft, TaskDraft } from "./draft.ts";
import type { Embedded } from "./node.ts";
import { firstOf, type ResultNode } from "./result-node.ts";

/** What freezing writes into a signature, where it is not written already. */
export interface FreezeOptions {
  /** Id of the call; of the last one of a chain, of the body of a chord, of a group as a whole. */
  readonly id?: string | undefined;
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  /** Body of the chord that this is a member of. */
  readonly chord?: Embedded | undefined;
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  /** Queue on which this client waits for results. */
  readonly replyTo?: string | undefined;
}

/**
 * Gives everything in an expanded draft its id and ties it together, as it will be sent. Returns the results to come,
 * each with the one before it as its parent. Freezing again changes nothing but what `given` says anew.
 *
 * @see celery/canvas.py, the methods `freeze`
 */
export function freeze(draft: Draft, given: FreezeOptions): ResultNode {
  switch (draft.kind) {
    case "task":
      return freezeTask(draft, given);
    case "chain":
      return freezeChain(draft, given);
    case "group":
      return freezeGroup(draft, given);
    case "chord":
      return freezeChord(draft, given);
  }
}

function freezeTask({ options }: TaskDraft, given: FreezeOptions): ResultNode {
  options.taskId ??= given.id ?? randomUUID();
  if (given.rootId !== undefined) options.rootId = given.rootId;
  if (given.parentId !== undefined) options.parentId = given.parentId;
  if (given.replyTo !== undefined) options.replyTo ??= given.replyTo;
  if (given.groupId !== undefined) options.groupId ??= given.groupId;
  if (given.chord !== undefined) options.chord = given.chord;
  if (given.groupIndex !== undefined) options.groupIndex = given.groupIndex;
  return { id: options.taskId };
}

function freezeChain({ tasks, options }: ChainDraft, given: FreezeOptions): ResultNode {
  const last = freezeSteps(tasks, given).at(-1) ?? { id: given.id ?? randomUUID() };
  options.taskId = last.id;
  return last;
}

/**
 * Freezes the steps of a chain, from the last to the first: only the last belongs to the group and the chord that the
 * chain is a member of. Returns their results, in order.
 */
export function freezeSteps(tasks: readonly Draft[], given: FreezeOptions): ResultNode[] {
  const { parentId: _, ...ofLast } = given;
  const { rootId, replyTo } = given;
  const results: ResultNode[] = [];
  for (const task of tasks.toReversed()) {
    const next = results[0];
    const result = freeze(task, next ? { rootId, replyTo } : ofLast);
    if (next) firstOf(next).parent = result;
    results.unshift(result);
  }
  return results;
}

export function freezeGroup({ tasks, options }: GroupDraft, given: FreezeOptions): ResultNode {
  const { id, ...rest } = given;
  options.taskId ??= id ?? given.groupId ?? randomUUID();
  if (given.groupId !== undefined) options.groupId = given.groupId;
  if (given.chord !== undefined) options.chord = given.chord;
  if (given.groupIndex !== undefined) options.groupIndex = given.groupIndex;
  if (given.rootId !== undefined) options.rootId ??= given.rootId;
  if (given.parentId !== undefined) options.parentId ??= given.parentId;
  const children = tasks.map((task, groupIndex) => freeze(task, { ...rest, groupIndex }));
  return { id: options.taskId, children };
}

function freezeChord(draft: ChordDraft, given: FreezeOptions): ResultNode {
  const { parentId, ...ofBody } = given;
  const { rootId, replyTo } = given;
  const header = freezeGroup(draft.header, { rootId, parentId, replyTo, chord: draft.body });
  draft.options.taskId = header.id;
  const body = freeze(draft.body, ofBody);
  firstOf(body).parent = header;
  return body;
}
