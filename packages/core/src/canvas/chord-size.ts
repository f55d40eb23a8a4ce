import type { CanvasNode } from "./node.ts";

/**
 * How many ends a chord with this header waits for: each member counts, of a chain what ends it, of a chord its body.
 *
 * @see celery/canvas.py, _chord._descend
 */
export function chordSize(node: CanvasNode): number {
  switch (node.kind) {
    case "task":
      return 1;
    case "group":
      return node.tasks.reduce((sum, task) => sum + chordSize(task), 0);
    case "chain":
      return node.tasks.map(chordSize).findLast((size) => size > 0) ?? 0;
    case "chord":
      return chordSize(node.body);
  }
}
