import type { ResultTuple } from "@q/backends";
import type { ResultHandle } from "./result-handle.ts";

/** The form in which results travel: `[[id, parent], members]`. Not recursive along parents: a chain may have thousands. */
export function tupleOf(result: ResultHandle): ResultTuple {
  const line: ResultHandle[] = [];
  for (let one: ResultHandle | undefined = result; one; one = one.parent) line.push(one);
  return line.reduceRight<ResultTuple | null>(
    (parent, one) => [[one.id, parent], "results" in one ? one.results.map(tupleOf) : null],
    null,
  ) as ResultTuple;
}
