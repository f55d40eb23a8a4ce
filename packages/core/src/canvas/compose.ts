import {
  type CanvasNode,
  type ChainNode,
  chainNode,
  type ChordNode,
  chordNode,
  type GroupNode,
  groupNode,
} from "./node.ts";
import { linkTo, linkErrorTo } from "./links.ts";

/**
 * What `left.pipe(right)` builds, by the kinds of both. It is the table of Celery's `|` operator:
 *
 * | left \ right            | task            | chain             | group of several   | chord             |
 * | ----------------------- | --------------- | ----------------- | ------------------ | ----------------- |
 * | task                    | chain           | chain, spliced    | chain              | chain             |
 * | chain                   | longer chain    | each step in turn | longer chain       | longer chain      |
 * | chain ending in a group | chord at its end| each step in turn | longer chain       | chord at its end  |
 * | chain ending in a chord | onto its body   | each step in turn | onto its body      | longer chain      |
 * | group                   | chord           | chord             | chord              | chord             |
 * | chord                   | onto its body   | chain, spliced    | chain              | onto its body     |
 *
 * A group of one on the right counts as its only member.
 *
 * @see celery/canvas.py, the methods `__or__`
 */
export function compose(left: CanvasNode, right: CanvasNode): CanvasNode {
  if (left.kind === "group") return groupThen(left, right);
  const next = right.kind === "group" ? soleMember(right) : right;
  switch (left.kind) {
    case "task":
      return chainNode(right.kind === "chain" ? [left, ...stepsOf(right)] : [left, next]);
    case "chain":
      return chainThen(left, next);
    case "chord":
      return chordThen(left, next, right);
  }
}

/** Composes any number of signatures from left to right. */
export function composeAll(nodes: readonly CanvasNode[]): CanvasNode {
  let left: CanvasNode = chainNode([]);
  let growing: CanvasNode[] | undefined;
  for (const node of nodes) {
    // The table says the same, but copies the chain for each of its steps.
    if (growing && node.kind === "task") growing.push(node);
    else {
      left = compose(left, node);
      growing = undefined;
      if (left.kind !== "chain" || left.tasks.at(-1)?.kind !== "task" || hasCallbacks(left)) continue;
      growing = [...left.tasks];
      left = { ...left, tasks: growing };
    }
  }
  return left;
}

function hasCallbacks({ options }: CanvasNode): boolean {
  return options.link !== undefined || options.linkError !== undefined;
}

/** A group of one is that one. */
export function soleMember(group: GroupNode): CanvasNode {
  const [only] = group.tasks;
  return group.tasks.length === 1 && only ? only : group;
}

function groupThen(group: GroupNode, body: CanvasNode): ChordNode {
  return chordNode(bareHeader(group), body);
}

/**
 * A header is a list of members: options of the group move to them. Celery drops them here, so that a queue set on a
 * group is forgotten when the group becomes a chord.
 */
export function bareHeader({ tasks, options }: GroupNode): GroupNode {
  const { taskId: _, ...rest } = options;
  if (Object.keys(rest).length === 0) return groupNode(tasks);
  return groupNode(tasks.map((task) => ({ ...task, options: { ...task.options, ...rest } })));
}

/** `given` is the right side before a group of one was taken apart. */
function chordThen(chord: ChordNode, next: CanvasNode, given: CanvasNode): CanvasNode {
  if (given.kind === "chain") return chainNode([chord, ...stepsOf(given)]);
  if (next.kind === "group") return chainNode([chord, next]);
  return { ...chord, body: compose(chord.body, next) };
}

function chainThen(chain: ChainNode, next: CanvasNode): CanvasNode {
  if (next.kind === "chain") return stepsOf(next).reduce(compose, chain as CanvasNode);
  if (next.kind === "group") return chainThenGroup(chain, next);
  const last = chain.tasks.at(-1);
  if (last?.kind === "group")
    return { ...chain, tasks: endInChord(chain.tasks.slice(0, -1), groupThen(last, next)) };
  if (last?.kind === "chord" && next.kind !== "chord") {
    return { ...chain, tasks: [...chain.tasks.slice(0, -1), { ...last, body: compose(last.body, next) }] };
  }
  return chainNode([...stepsOf(chain), next]);
}

function chainThenGroup(chain: ChainNode, group: GroupNode): CanvasNode {
  const steps = stepsOf(chain);
  const last = steps.at(-1);
  if (last === undefined) return group;
  if (last.kind !== "chord") return chainNode([...steps, group]);
  return chainNode([...steps.slice(0, -1), { ...last, body: compose(last.body, group) }]);
}

/** Two chords in a row are one whose body ends in the other. */
function endInChord(before: readonly CanvasNode[], chord: ChordNode): CanvasNode[] {
  const previous = before.at(-1);
  if (previous?.kind !== "chord") return [...before, chord];
  return [...before.slice(0, -1), { ...previous, body: compose(previous.body, chord) }];
}

/** The steps of a chain, with the callbacks of the whole moved to where they belong. */
export function stepsOf({ tasks, options }: ChainNode): CanvasNode[] {
  const steps = [...tasks];
  const last = steps.pop();
  if (last === undefined) return steps;
  steps.push((options.link ?? []).reduce<CanvasNode>(linkTo, last));
  const errbacks = options.linkError ?? [];
  return steps.map((step) =>
    errbacks.reduce<CanvasNode>((node, errback) => linkErrorTo(node, errback), step),
  );
}
