import type { ResultTuple } from "@q/backends";
import { draftOf } from "./draft.ts";
import { expand } from "./expand.ts";
import { freeze, type FreezeOptions } from "./freeze.ts";
import type { CanvasNode } from "./node.ts";
import { tupleOf } from "./result-node.ts";

/** A signature with the ids that it will be sent with, and the result to come. */
export function frozen(
  node: CanvasNode,
  options: FreezeOptions,
): { readonly node: CanvasNode; readonly result: ResultTuple } {
  const draft = draftOf(expand(node));
  const result = tupleOf(freeze(draft, options));
  return { node: draft, result };
}
