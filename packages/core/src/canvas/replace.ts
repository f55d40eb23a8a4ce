import { InvalidCanvasError } from "../errors.ts";
import type { TaskRequest } from "../tasks/task-request.ts";
import { compose, stepsOf } from "./compose.ts";
import { linkErrorTo, linkTo } from "./links.ts";
import { type CanvasNode, chainNode, type NodeOptions, type TaskNode, taskNode } from "./node.ts";
import { nodeFromJson } from "./node-json.ts";
import { setOptions } from "./partial.ts";

/**
 * The workflow that takes the place of a running task: under its id, with its callbacks and stamps, its place in a group
 * or a chord, and the rest of its chain behind it.
 *
 * @throws {InvalidCanvasError} when the signature is a member of a chord already, or an empty chain
 * @see celery/app/task.py, Task.replace
 */
export function replacement(node: CanvasNode, request: TaskRequest): CanvasNode {
  if (node.options.chord)
    throw new InvalidCanvasError("what replaces a task cannot be a member of a chord already");
  if (node.kind === "chain" && node.tasks.length === 0) {
    throw new InvalidCanvasError("Cannot replace with an empty chain: nothing would end the task");
  }
  const linked = withCallbacks(oneValue(node), request);
  const nesting: NodeOptions = { replacedTaskNesting: request.replacedTaskNesting + 1 };
  const marked = everywhere(linked, (task) => setOptions(task, { ...nesting, ...stampsOf(task, request) }));
  const tied = tieTo(marked, { ...membership(request), taskId: request.id });
  const rest = [...request.chain].reverse().map((json) => setOptions(nodeFromJson(json), nesting));
  return rest.reduce(compose, tied);
}

/** A group with `celery.accumulate` behind it, which makes one value of its results. */
export function oneValue(node: CanvasNode): CanvasNode {
  return node.kind === "group"
    ? compose(node, taskNode("celery.accumulate", { kwargs: { index: 0 } }))
    : node;
}

function withCallbacks(node: CanvasNode, request: TaskRequest): CanvasNode {
  const linked = request.callbacks.reduce<CanvasNode>(linkTo, node);
  const all = request.errbacks.reduce<CanvasNode>((one, errback) => linkErrorTo(one, errback), linked);
  if (all.kind !== "chain") return all;
  // Steps come behind it: what is linked to the whole must run after the last step of now.
  const { link: _, linkError: __, ...options } = all.options;
  return { ...chainNode(stepsOf(all), options), immutable: all.immutable };
}

/** The group and the chord that the task is a member of. */
export function membership(request: TaskRequest): NodeOptions {
  const { group, groupIndex, chord } = request;
  return {
    ...(group !== undefined && { groupId: group }),
    ...(groupIndex !== undefined && { groupIndex }),
    ...(chord && { chord }),
  };
}

/** Gives options to the one task whose end is the end of the whole. */
export function tieTo(node: CanvasNode, options: NodeOptions): CanvasNode {
  switch (node.kind) {
    case "task":
    case "group":
      return setOptions(node, options);
    case "chain": {
      const last = node.tasks.at(-1);
      return last ? { ...node, tasks: [...node.tasks.slice(0, -1), tieTo(last, options)] } : node;
    }
    case "chord":
      return { ...node, body: tieTo(node.body, options) };
  }
}

/** Those of the task stay, so that what is revoked by them is revoked also where it has been replaced. */
function stampsOf({ options }: TaskNode, request: TaskRequest): NodeOptions {
  const stamps = { ...request.stamps, ...options.stamps };
  const stampedHeaders = Object.keys(stamps);
  return stampedHeaders.length > 0 ? { stamps, stampedHeaders } : {};
}

function everywhere(node: CanvasNode, change: (task: TaskNode) => CanvasNode): CanvasNode {
  switch (node.kind) {
    case "task":
      return change(node);
    case "chain":
    case "group":
      return { ...node, tasks: node.tasks.map((task) => everywhere(task, change)) };
    case "chord": {
      const tasks = node.header.tasks.map((task) => everywhere(task, change));
      return { ...node, header: { ...node.header, tasks }, body: everywhere(node.body, change) };
    }
  }
}
