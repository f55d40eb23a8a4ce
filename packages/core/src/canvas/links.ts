import type { SignatureJson } from "../protocol/embed.ts";
import { type CanvasNode, type Embedded, isNode, type NodeOptions } from "./node.ts";
import { nodeToJson } from "./node-json.ts";

/**
 * The same signature with one more success callback: of a chain on the whole, of a group on its first member, where it
 * takes no argument since that member knows nothing of the others, of a chord on its body.
 */
export function linkTo(node: CanvasNode, callback: Embedded): CanvasNode {
  switch (node.kind) {
    case "task":
    case "chain":
      return withCallback(node, "link", callback);
    case "group": {
      const [first, ...rest] = node.tasks;
      return first ? { ...node, tasks: [linkTo(first, { ...callback, immutable: true }), ...rest] } : node;
    }
    case "chord":
      return { ...node, body: linkTo(node.body, callback) };
  }
}

/** Where the errbacks of a chord go besides its body. */
export interface ErrbackPlaces {
  /** To each header member too: setting `task_allow_error_cb_on_chord_header`. */
  readonly chordHeader?: boolean;
}

/**
 * The same signature with one more failure callback: of a group on every member, so that it may run several times, of a
 * chord on its body, on chords in its header, and on all of its header if so set.
 */
export function linkErrorTo(node: CanvasNode, errback: Embedded, places: ErrbackPlaces = {}): CanvasNode {
  const again = (inner: CanvasNode): CanvasNode => linkErrorTo(inner, errback, places);
  switch (node.kind) {
    case "task":
    case "chain":
      return withCallback(node, "linkError", errback);
    case "group":
      return { ...node, tasks: node.tasks.map(again) };
    case "chord": {
      const { header } = node;
      const tasks = header.tasks.map((task) =>
        places.chordHeader || task.kind === "chord" ? again(task) : task,
      );
      return { ...node, header: { ...header, tasks }, body: again(node.body) };
    }
  }
}

function withCallback<TNode extends CanvasNode>(
  node: TNode,
  list: "link" | "linkError",
  callback: Embedded,
): TNode {
  const present = node.options[list] ?? [];
  if (present.some((one) => isSame(one, callback))) return node;
  const options: NodeOptions = { ...node.options, [list]: [...present, callback] };
  return { ...node, options };
}

/** The same callback twice would run twice. */
function isSame(one: Embedded, other: Embedded): boolean {
  return one === other || JSON.stringify(travelling(one)) === JSON.stringify(travelling(other));
}

function travelling(signature: Embedded): SignatureJson {
  return isNode(signature) ? nodeToJson(signature) : signature;
}

/** A signature and the callbacks below it, theirs included. */
export function flattenLinks(node: CanvasNode): CanvasNode[] {
  const links = (node.options.link ?? []).filter(isNode);
  return [node, ...links.flatMap(flattenLinks)];
}
