import type { ResultTuple } from "@q/backends";
import type { App } from "../app/app.ts";
import { AsyncResult } from "./async-result.ts";
import { GroupResult } from "./group-result.ts";
import type { ResultHandle } from "./result-handle.ts";

/** Rebuilds a result handle that travelled: of a group when it has members. */
export function resultFromTuple(tuple: ResultTuple, app: App): ResultHandle {
  // Not by recursion along parents: a chain may have thousands.
  const line: ResultTuple[] = [];
  for (let one: ResultTuple | null = tuple; one; one = one[0][1]) line.push(one);
  let parent: ResultHandle | undefined;
  for (const [[id], children] of line.toReversed()) {
    parent = children
      ? new GroupResult(id, app, { parent, results: children.map((child) => resultFromTuple(child, app)) })
      : new AsyncResult(id, app, { parent });
  }
  return parent as ResultHandle;
}
