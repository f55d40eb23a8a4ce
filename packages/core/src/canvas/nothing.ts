import { randomUUID } from "node:crypto";
import { GroupResult } from "../results/group-result.ts";
import type { CanvasNode } from "./node.ts";

/**
 * What comes of a workflow without tasks, which needs no app to be sent: `null` of a chain, an empty result of a group.
 * `undefined` when there is something to send.
 */
export function resultOfNothing(node: CanvasNode): GroupResult<[]> | null | undefined {
  if ((node.kind !== "chain" && node.kind !== "group") || node.tasks.length > 0) return undefined;
  return node.kind === "chain" ? null : new GroupResult(randomUUID(), undefined, { results: [] });
}
