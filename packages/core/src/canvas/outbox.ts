import { randomUUID } from "node:crypto";
import { chordSize } from "./chord-size.ts";
import type { ChainDraft, ChordDraft, Draft, GroupDraft, TaskDraft } from "./draft.ts";
import { freeze, freezeGroup, freezeSteps } from "./freeze.ts";
import type { ChordLooks, NodeOptions } from "./node.ts";
import { mergeOptions, prependArgs } from "./partial.ts";
import { firstOf, type ResultNode } from "./result-node.ts";

/** One message to be sent. */
export interface OutgoingCall {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: NodeOptions;
}

/** A chord whose members are among the messages; the backend must know of it before they end. */
export interface OpenedChord {
  readonly groupId: string;
  /** How many must end. */
  readonly size: number;
  readonly header: ResultNode;
  readonly body: Draft;
  /** Seconds before the body, and between the looks of backends that cannot count. */
  readonly countdown: number | undefined;
  readonly looks: ChordLooks | undefined;
}

/**
 * Unrolls a draft into the messages that start it; those of later steps travel inside them.
 *
 * @see wire protocol, "How workflows unroll into messages"
 */
export class Outbox {
  readonly calls: OutgoingCall[] = [];
  readonly chords: OpenedChord[] = [];
  readonly #replyTo: string;

  constructor(replyTo: string) {
    this.#replyTo = replyTo;
  }

  /** Adds the messages of `draft`; `undefined` when there is nothing to send and no result to come. */
  add(draft: Draft, given: NodeOptions): ResultNode | undefined {
    switch (draft.kind) {
      case "task":
        return this.#addTask(draft, given);
      case "chain":
        return this.#addChain(draft, given);
      case "group":
        return this.#addGroup(draft, given);
      case "chord":
        return this.#addChord(draft, given);
    }
  }

  #addTask({ task, args, kwargs, options }: TaskDraft, given: NodeOptions): ResultNode {
    const merged = mergeOptions(options, given);
    const taskId = merged.taskId ?? randomUUID();
    this.calls.push({ task, args, kwargs, options: { ...merged, taskId } });
    return { id: taskId };
  }

  /** Options of the chain are those of its first message; its id, group and chord those of the last. */
  #addChain(draft: ChainDraft, given: NodeOptions): ResultNode | undefined {
    const { taskId, groupId, groupIndex, chord, chain = [], ...ofFirst } = { ...draft.options, ...given };
    const { rootId } = ofFirst;
    const steps = [...draft.tasks];
    const results = freezeSteps(steps, {
      id: taskId,
      groupId,
      groupIndex,
      chord,
      rootId,
      replyTo: this.#replyTo,
    });
    const first = steps.shift();
    if (first === undefined) return undefined;
    const rest = [...chain, ...steps.reverse()];
    const sent = this.add(first, rest.length > 0 ? { ...ofFirst, chain: rest } : ofFirst);
    return steps.length > 0 ? results.at(-1) : sent;
  }

  #addGroup(draft: GroupDraft, given: NodeOptions): ResultNode {
    const { taskId: groupId = randomUUID(), groupIndex: _, ...options } = mergeOptions(draft.options, given);
    const { rootId, chord } = options;
    const children = draft.tasks.map((task, groupIndex) => {
      const result = freeze(task, { groupId, groupIndex, rootId, replyTo: this.#replyTo });
      const ofMember = chord ?? task.options.chord;
      this.add(task, { ...options, groupId, addToParent: false, ...(ofMember && { chord: ofMember }) });
      return result;
    });
    const [only] = children;
    // A group of nothing but a chain that ends in a group: that group is what the caller wants.
    return children.length === 1 && only?.children ? only : { id: groupId, children };
  }

  /** Options of the chord are those of its members and of its body; what follows it follows the body. */
  #addChord({ header, body, options, looks }: ChordDraft, given: NodeOptions): ResultNode {
    const { taskId, ...all } = { ...options, ...given };
    const { chain: _, chord: __, countdown, groupIndex: ___, ...ofHeader } = all;
    const groupId = header.options.taskId ?? randomUUID();
    const { rootId } = body.options;
    body.options = { ...mergeOptions(body.options, given), ...all };
    const replyTo = this.#replyTo;
    const id = taskId === groupId ? undefined : taskId;
    const result = freeze(body, { id, groupId, rootId, replyTo });
    const ofMembers = freezeGroup(header, { groupId, chord: body, rootId, replyTo });
    if (header.tasks.length === 0) this.add(prependArgs(body, [[]]), {});
    else {
      this.chords.push({ groupId, size: chordSize(header), header: ofMembers, body, countdown, looks });
      this.#addGroup(header, { ...ofHeader, taskId: groupId });
    }
    firstOf(result).parent = ofMembers;
    return result;
  }
}
