import type { CanvasNode } from "./node.ts";

/** Readable text of a signature. */
export function describe(node: CanvasNode): string {
  return node.kind;
}
