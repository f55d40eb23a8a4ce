import type { SignatureJson } from "../protocol/embed.ts";
import type { CallOptions } from "../tasks/call-options.ts";

/** A signature that only travels on: it may stay in the form in which it came. */
export type Embedded = CanvasNode | SignatureJson;

/** Options of a signature: those of a call, with the signatures among them as data. */
export interface NodeOptions extends Omit<CallOptions, "kwargs" | "link" | "linkError" | "chord" | "chain"> {
  readonly link?: readonly Embedded[];
  readonly linkError?: readonly Embedded[];
  /** Body of the chord that the task is a member of. */
  readonly chord?: Embedded;
  /** Remaining steps of the chain, in reverse. */
  readonly chain?: readonly Embedded[];
}

/** A call of one task; also what `celery.map`, `celery.starmap` and `celery.chunks` are. */
export interface TaskNode {
  readonly kind: "task";
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: NodeOptions;
  /** Takes no arguments from its caller. */
  readonly immutable: boolean;
  /** Keys of a newer or older peer that travel along. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Steps that run one after the other. */
export interface ChainNode {
  readonly kind: "chain";
  readonly tasks: readonly CanvasNode[];
  readonly options: NodeOptions;
  readonly immutable: boolean;
}

/** Members that run side by side. */
export interface GroupNode {
  readonly kind: "group";
  readonly tasks: readonly CanvasNode[];
  readonly options: NodeOptions;
  readonly immutable: boolean;
}

/** How often a chord is looked at where the result backend cannot count. */
export interface ChordLooks {
  /** Seconds between the looks. Default setting `result_chord_retry_interval`. */
  readonly interval?: number;
  /** Looks after the first, before the chord fails. Default: no limit. */
  readonly maxRetries?: number;
}

/** A group whose results go to one signature. */
export interface ChordNode {
  readonly kind: "chord";
  readonly looks?: ChordLooks;
  readonly header: GroupNode;
  readonly body: CanvasNode;
  readonly options: NodeOptions;
  readonly immutable: boolean;
}

/**
 * What a signature consists of: plain data that is never changed once made. The classes around it are what users hold;
 * everything that composes, freezes or sends works on nodes.
 */
export type CanvasNode = TaskNode | ChainNode | GroupNode | ChordNode;

/** No options, shared. */
export const NO_NODE_OPTIONS: NodeOptions = Object.freeze({});

export function taskNode(task: string, parts: Partial<Omit<TaskNode, "kind" | "task">> = {}): TaskNode {
  return { kind: "task", task, args: [], kwargs: {}, options: NO_NODE_OPTIONS, immutable: false, ...parts };
}

export function chainNode(tasks: readonly CanvasNode[], options: NodeOptions = NO_NODE_OPTIONS): ChainNode {
  return { kind: "chain", tasks, options, immutable: false };
}

export function groupNode(tasks: readonly CanvasNode[], options: NodeOptions = NO_NODE_OPTIONS): GroupNode {
  return { kind: "group", tasks, options, immutable: false };
}

export function chordNode(
  header: GroupNode,
  body: CanvasNode,
  options: NodeOptions = NO_NODE_OPTIONS,
): ChordNode {
  return { kind: "chord", header, body, options, immutable: false };
}

/** True for a node, false for a signature in its travelling form. */
export function isNode(value: Embedded): value is CanvasNode {
  return "kind" in value;
}
