import type { CanvasNode, NodeOptions } from "./node.ts";

/**
 * The same signature with `args` in front of its own and `kwargs` over its own. A chain gives them to its first step, a
 * group to every member, a chord to its header; an immutable task takes none.
 */
export function prependArgs<TNode extends CanvasNode>(
  node: TNode,
  args: readonly unknown[],
  kwargs?: Readonly<Record<string, unknown>>,
): TNode {
  if (args.length === 0 && isEmpty(kwargs)) return node;
  return prepended(node, args, kwargs) as TNode;
}

function prepended(
  node: CanvasNode,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>> | undefined,
): CanvasNode {
  if (node.immutable && node.kind !== "chord") return node;
  switch (node.kind) {
    case "task": {
      const all = kwargs ? { ...node.kwargs, ...kwargs } : node.kwargs;
      return { ...node, args: [...args, ...node.args], kwargs: all };
    }
    case "chain": {
      const [first, ...rest] = node.tasks;
      return first ? { ...node, tasks: [prependArgs(first, args, kwargs), ...rest] } : node;
    }
    case "group":
      return { ...node, tasks: node.tasks.map((task) => prependArgs(task, args, kwargs)) };
    case "chord":
      return { ...node, header: prependArgs(node.header, args, kwargs) };
  }
}

/**
 * Options of a call on top of a signature's own. What ties a signature to its group, and its stamps, stay as they are
 * once they are set.
 */
export function mergeOptions(own: NodeOptions, given: NodeOptions): NodeOptions {
  const merged: Record<string, unknown> = { ...own };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || (STICKY.has(name) && Object.hasOwn(own, name))) continue;
    merged[name] = value;
  }
  return merged;
}

const STICKY: ReadonlySet<string> = new Set(["groupId", "stampedHeaders", "stamps"]);

/** The same signature with other options on top. */
export function setOptions<TNode extends CanvasNode>(node: TNode, options: NodeOptions): TNode {
  return { ...node, options: { ...node.options, ...options } };
}

/** Takes arguments from its caller, or does not: a group passes it to its members, a chord to its header. */
export function setImmutable<TNode extends CanvasNode>(node: TNode, immutable: boolean): TNode {
  return immutability(node, immutable) as TNode;
}

function immutability(node: CanvasNode, immutable: boolean): CanvasNode {
  switch (node.kind) {
    case "task":
    case "chain":
      return { ...node, immutable };
    case "group":
      return { ...node, tasks: node.tasks.map((task) => immutability(task, immutable)) };
    case "chord":
      return { ...node, header: setImmutable(node.header, immutable) };
  }
}

function isEmpty(object: object | undefined): boolean {
  for (const _ in object) return false;
  return true;
}
