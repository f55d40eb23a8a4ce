import type { CanvasNode, ChainNode, ChordNode, GroupNode, NodeOptions, TaskNode } from "./node.ts";

type Mutable<TNode> = { -readonly [TKey in keyof TNode]: TNode[TKey] };

/** Options that are still being filled in. */
export type DraftOptions = Mutable<NodeOptions>;

export type TaskDraft = Omit<TaskNode, "options"> & { options: DraftOptions };
export type ChainDraft = Omit<ChainNode, "options" | "tasks"> & { options: DraftOptions; tasks: Draft[] };
export type GroupDraft = Omit<GroupNode, "options" | "tasks"> & { options: DraftOptions; tasks: Draft[] };
export type ChordDraft = Omit<ChordNode, "options" | "header" | "body"> & {
  options: DraftOptions;
  header: GroupDraft;
  body: Draft;
};

/**
 * A copy of a node that freezing and sending fill with ids. Sharing is part of it: all members of a header point to the
 * same body, which may get its id after them.
 */
export type Draft = TaskDraft | ChainDraft | GroupDraft | ChordDraft;

export function draftOf(node: CanvasNode): Draft {
  const options = { ...node.options };
  switch (node.kind) {
    case "task":
      return { ...node, options };
    case "chain":
    case "group":
      return { ...node, options, tasks: node.tasks.map(draftOf) };
    case "chord":
      return { ...node, options, header: draftOf(node.header) as GroupDraft, body: draftOf(node.body) };
  }
}
