import { IncompleteStreamError } from "../errors.ts";
import { DependencyGraph } from "./dependency-graph.ts";
import type { ResultHandle } from "./result-handle.ts";

/** Options of `collect` and `graph`. */
export interface GraphOptions {
  /** Take what is there by now, instead of failing when something has not ended. Default false. */
  readonly intermediate?: boolean;
}

/** A result and its value; the error where it failed, `undefined` where it has not ended. */
export type Collected = readonly [result: ResultHandle, value: unknown];

/** A result, and the one that it came of. */
type Dependency = readonly [from: ResultHandle | undefined, result: ResultHandle];

/** A result and all that came of it: tasks that it sent, members of groups. @throws {IncompleteStreamError} */
async function* dependencies(
  start: ResultHandle,
  { intermediate = false }: GraphOptions,
): AsyncGenerator<Dependency, void, undefined> {
  const pending: Dependency[] = [[undefined, start]];
  for (const dependency of pending) {
    const [, result] = dependency;
    yield dependency;
    if (await result.ready()) {
      for (const child of await result.children()) pending.push([result, child]);
    } else if (!intermediate) throw new IncompleteStreamError(result.id);
  }
}

export async function* collect(
  result: ResultHandle,
  options: GraphOptions,
): AsyncGenerator<Collected, void, undefined> {
  for await (const [, one] of dependencies(result, options)) {
    yield [one, (await one.ready()) ? await valueOf(one) : undefined];
  }
}

function valueOf(result: ResultHandle): Promise<unknown> {
  return result.get({ propagate: false, disableSyncSubtasks: false });
}

/** Value of the last one that came of a result. */
export async function leafValue(result: ResultHandle): Promise<unknown> {
  let last = result;
  for await (const [, one] of dependencies(result, {})) last = one;
  return last.get({ disableSyncSubtasks: false });
}

export async function graphOf(
  result: ResultHandle,
  options: GraphOptions,
): Promise<DependencyGraph<ResultHandle>> {
  const graph = new DependencyGraph<ResultHandle>({ key: ({ id }) => id, name: result.id });
  for await (const [from, one] of dependencies(result, options)) {
    graph.addArc(one);
    if (from) graph.addEdge(from, one);
  }
  return graph;
}

/** Ids of the tasks of a workflow, as far as they are known: those before the result, and those that came of any. */
export async function treeIds(result: ResultHandle): Promise<string[]> {
  const ids = new Set<string>();
  for (let one: ResultHandle | undefined = result; one; one = one.parent) {
    for await (const [, node] of dependencies(one, { intermediate: true })) {
      if ("results" in node) for (const { id } of node.leaves()) ids.add(id);
      else ids.add(node.id);
    }
  }
  return [...ids];
}
