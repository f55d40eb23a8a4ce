import type { App } from "../app/app.ts";
import { EagerResult } from "../results/eager-result.ts";
import { GroupResult } from "../results/group-result.ts";
import type { ResultHandle } from "../results/result-handle.ts";
import { eagerBuiltin } from "./eager-builtins.ts";
import { expand } from "./expand.ts";
import type { CanvasNode, ChainNode, ChordNode, GroupNode, NodeOptions, TaskNode } from "./node.ts";
import { mergeOptions, prependArgs } from "./partial.ts";
import { withCallbacks } from "./send.ts";

/** Options of an eager run. */
export type EagerOptions = NodeOptions & { readonly throw?: boolean | undefined };

/**
 * Runs a workflow here and now, one task after the other, members of a group in their order. A failed step ends a chain,
 * a failed member a chord: their result is that failure. `null` for an empty chain.
 */
export async function applyCanvas(
  app: App,
  node: CanvasNode,
  options: EagerOptions,
): Promise<ResultHandle | null> {
  const { link, linkError, ...rest } = options;
  return new EagerRun(app).apply(expand(withCallbacks(app, node, { link, linkError })), rest);
}

class EagerRun {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  apply(node: CanvasNode, options: EagerOptions): Promise<ResultHandle | null> {
    switch (node.kind) {
      case "task":
        return this.#task(node, options);
      case "chain":
        return this.#chain(node, options);
      case "group":
        return this.#group(node, options);
      case "chord":
        return this.#chord(node, options);
    }
  }

  async #task(node: TaskNode, options: EagerOptions): Promise<EagerResult<unknown>> {
    const { throw: throws, ...given } = options;
    const own = {
      ...mergeOptions(node.options, given),
      kwargs: node.kwargs,
      ...(throws && { throw: throws }),
    };
    const task = this.#app.tasks.find(node.task) ?? eagerBuiltin(this.#app, node.task);
    return this.#app.caller.applyEagerly(task, node.args, own);
  }

  /** The options are those of each step; the id that of the last. */
  async #chain({ tasks, options }: ChainNode, given: EagerOptions): Promise<ResultHandle | null> {
    const { taskId, ...rest } = { ...options, ...given };
    let last: ResultHandle | null = null;
    for (const [index, step] of tasks.entries()) {
      const next: CanvasNode = last ? prependArgs(step, [await valueOf(last)]) : step;
      const isLast = index === tasks.length - 1;
      const result = await this.apply(next, isLast && taskId ? { ...rest, taskId } : rest);
      if (result === null) continue;
      last = last ? withParent(result, last) : result;
      if (!(await succeeded(last))) return last;
    }
    return last;
  }

  async #group({ tasks, options }: GroupNode, given: EagerOptions): Promise<GroupResult<readonly unknown[]>> {
    const { taskId = crypto.randomUUID(), ...rest } = mergeOptions(options, given) as EagerOptions;
    const results: ResultHandle[] = [];
    for (const task of tasks) {
      const result = await this.apply(task, rest);
      if (result) results.push(result);
    }
    return new GroupResult(taskId, this.#app, { results });
  }

  async #chord({ header, body, options }: ChordNode, given: EagerOptions): Promise<ResultHandle | null> {
    const { taskId, ...rest } = { ...options, ...given };
    const results = await this.#group(header, rest);
    const failed = await firstFailed(results);
    if (failed) return failed;
    const values = await valueOf(results);
    const result = await this.apply(prependArgs(body, [values]), taskId ? { ...rest, taskId } : rest);
    return result && withParent(result, results);
  }
}

function valueOf(result: ResultHandle): Promise<unknown> {
  return result.get({ disableSyncSubtasks: false });
}

async function succeeded(result: ResultHandle): Promise<boolean> {
  return (await firstFailed(result)) === undefined;
}

async function firstFailed(result: ResultHandle): Promise<ResultHandle | undefined> {
  if (!(result instanceof GroupResult)) return (await result.successful()) ? undefined : result;
  for (const member of result.results) {
    const failed = await firstFailed(member);
    if (failed) return failed;
  }
  return undefined;
}

/** The first result on the way here gets what came before. */
function withParent(result: ResultHandle, parent: ResultHandle): ResultHandle {
  const above = result.parent ? withParent(result.parent, parent) : parent;
  if (result instanceof GroupResult) {
    return new GroupResult(result.id, result.app, { results: result.results, parent: above });
  }
  return result instanceof EagerResult ? result.withParent(above) : result;
}
