import { pythonRepr } from "../protocol/python-repr.ts";
import { type CanvasNode, chainNode, type ChordNode, type TaskNode } from "./node.ts";
import { nodeFromJson } from "./node-json.ts";

/**
 * Readable text of a signature, as Celery prints it: `proj.add(2, 2) | mul(4)`, `group([proj.add(1, 1), add(2, 2)])`,
 * `%proj.sum([add(1, 1), add(2, 2)])`. Repeated module names are left out.
 *
 * @see celery/canvas.py, the methods `__repr__`
 */
export function describe(node: CanvasNode): string {
  switch (node.kind) {
    case "task":
      return mappingText(node) ?? call(node, []);
    case "chain":
      return node.tasks.length === 0
        ? "<empty chain>"
        : shortened(node, node.tasks.map(describe).join(" | "));
    case "group":
      return node.tasks.length === 0 ? "group(<empty>)" : shortened(node, `group(${listed(node.tasks)})`);
    case "chord":
      return chordText(node);
  }
}

/** A call with texts in front of its own arguments. */
function call(node: CanvasNode, leading: readonly string[]): string {
  if (node.kind !== "task") return composite(node, leading);
  const args = [...leading, ...node.args.map((arg) => pythonRepr(arg, Infinity))];
  return `${node.task}(${[...args, ...Object.entries(node.kwargs).map(keyword)].join(", ")})`;
}

function composite(node: Exclude<CanvasNode, TaskNode>, leading: readonly string[]): string {
  const own =
    node.kind === "chord"
      ? ["kwargs={}", `header=${listed(node.header.tasks)}`, `body=${describe(node.body)}`]
      : [`tasks=${listed(node.tasks)}`];
  return `celery.${node.kind}(${[...leading, ...own].join(", ")})`;
}

function keyword([name, value]: [string, unknown]): string {
  return `${name}=${isSignature(value) ? describe(nodeFromJson(value)) : pythonRepr(value, Infinity)}`;
}

/** `celery.map` and `celery.starmap` say what they do. */
function mappingText({ task, kwargs }: TaskNode): string | undefined {
  const star = { "celery.map": "x", "celery.starmap": "*x" }[task];
  if (star === undefined || !isSignature(kwargs["task"])) return undefined;
  const inner = nodeFromJson(kwargs["task"]);
  const items = pythonRepr(kwargs["it"], 100);
  return `[${firstTask(inner)}(${star}) for x in ${items}]`;
}

function chordText({ header, body }: ChordNode): string {
  const members = listed(header.tasks);
  if (body.kind !== "chain") return `%${shortened(body, call(body, [members]))}`;
  const [first, ...rest] = body.tasks;
  if (first === undefined) return `%<empty chain>(${members})`;
  return shortened(first, `%(${call(first, [members])} | ${describe(chainNode(rest))})`);
}

const listed = (nodes: readonly CanvasNode[]): string => `[${nodes.map(describe).join(", ")}]`;

/** The module of the first task is said once. */
function shortened(node: CanvasNode, text: string): string {
  const name = firstTask(node);
  const module = name.slice(0, name.lastIndexOf(".") + 1) || ".";
  const end = text.indexOf(module) + module.length;
  return end < module.length ? text : text.slice(0, end) + text.slice(end).replaceAll(module, "");
}

function firstTask(node: CanvasNode): string {
  if (node.kind === "task") return node.task;
  const first = node.kind === "chord" ? undefined : node.tasks[0];
  return first?.kind === "task" ? first.task : `celery.${first?.kind ?? node.kind}`;
}

function isSignature(value: unknown): value is { readonly task: string } {
  return typeof value === "object" && value !== null && "task" in value && "subtask_type" in value;
}
