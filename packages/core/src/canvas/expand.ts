import { bareHeader, compose, soleMember, stepsOf } from "./compose.ts";
import { type CanvasNode, type ChainNode, chordNode, type GroupNode } from "./node.ts";

/**
 * A signature in the form in which it is sent: chains inside chains are taken apart, a group with something behind it
 * is a chord, groups inside groups are part of them, and callbacks of a whole are where they belong.
 *
 * @see celery/canvas.py, _chain.prepare_steps and group._prepared
 */
export function expand(node: CanvasNode): CanvasNode {
  switch (node.kind) {
    case "task":
      return node;
    case "chain":
      return expandChain(node);
    case "group":
      return { ...node, tasks: flatMembers(node) };
    case "chord":
      return {
        ...node,
        header: { ...node.header, tasks: flatMembers(node.header) },
        body: expand(node.body),
      };
  }
}

/** The steps of a chain as they are sent; only the last can be a group. */
function expandChain(chain: ChainNode): ChainNode {
  const { link: _, linkError: __, ...options } = chain.options;
  const tasks: CanvasNode[] = [];
  for (const step of flatSteps(chain).reverse()) {
    const next = tasks[0];
    if (step.kind === "group" && next) tasks[0] = chordNode(bareHeader(step), next);
    // A group cannot be followed by anything but as the header of a chord: Celery runs the rest once per member.
    else if (step.kind === "chord" && next && endsInGroup(step.body))
      tasks[0] = { ...step, body: compose(step.body, next) };
    else tasks.unshift(step);
  }
  return { ...chain, options, tasks: tasks.map(expand) };
}

function endsInGroup(node: CanvasNode): boolean {
  switch (node.kind) {
    case "task":
      return false;
    case "group":
      return node.tasks.length > 1;
    case "chain": {
      const last = node.tasks.at(-1);
      return last !== undefined && endsInGroup(last);
    }
    case "chord":
      return endsInGroup(node.body);
  }
}

function flatSteps(chain: ChainNode): CanvasNode[] {
  return stepsOf(chain).flatMap((step) => {
    const sole = step.kind === "group" ? soleMember(step) : step;
    return sole.kind === "chain" ? flatSteps(sole) : [sole];
  });
}

/** Members in their order, those of nested groups with the options of their group. */
function flatMembers({ tasks }: GroupNode): CanvasNode[] {
  return tasks.flatMap((task) => (task.kind === "group" ? flatMembers(bareHeader(task)) : [expand(task)]));
}
