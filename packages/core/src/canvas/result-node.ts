import type { ResultTuple } from "@q/backends";

/** A result that is to come, before there is a handle on it. */
export interface ResultNode {
  readonly id: string;
  /** The result before it. */
  parent?: ResultNode;
  /** Members, when it is that of a group. */
  readonly children?: readonly ResultNode[];
}

/** The earliest result that leads to this one. */
export function firstOf(result: ResultNode): ResultNode {
  let first = result;
  while (first.parent) first = first.parent;
  return first;
}

/** The form in which results travel. Not recursive along parents: a chain may have thousands. */
export function tupleOf(result: ResultNode): ResultTuple {
  const line: ResultNode[] = [];
  for (let node: ResultNode | undefined = result; node; node = node.parent) line.push(node);
  return line.reduceRight<ResultTuple | null>(
    (parent, { id, children }) => [[id, parent], children?.map(tupleOf) ?? null],
    null,
  ) as ResultTuple;
}
