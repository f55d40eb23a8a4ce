import type { SignatureJson } from "@q/core";

/** A task inside a signature that travelled, as far as its sender has settled what it will be. */
export interface SignatureLeaf {
  /** Id under which somebody may wait for it; `undefined` when none was chosen yet. */
  readonly taskId: string | undefined;
  readonly groupId: string | undefined;
  readonly groupIndex: number | undefined;
  readonly parentId: string | undefined;
  readonly replyTo: string | undefined;
  /** Body of the chord that waits for it. */
  readonly chord: SignatureJson | undefined;
  readonly errbacks: readonly SignatureJson[];
}

/**
 * The tasks whose ends are awaited when the signature as a whole does not run. A chord is awaited at its body. Of a
 * chain only the last step may be a member of a chord around it: what the steps before are members of begins and ends
 * inside the chain.
 */
export function leavesOf(signature: SignatureJson): SignatureLeaf[] {
  const own = ownLeaves(signature);
  // What follows the body of a chord in a chain travels in its options, in reverse.
  const rest = signaturesIn(signature.options["chain"]).toReversed();
  return rest.length === 0 ? own : [...own.map(notLast), ...leavesOfSteps(rest)];
}

function leavesOfSteps(steps: readonly SignatureJson[]): SignatureLeaf[] {
  return steps.flatMap((step, index) =>
    index === steps.length - 1 ? leavesOf(step) : leavesOf(step).map(notLast),
  );
}

const notLast = (leaf: SignatureLeaf): SignatureLeaf => ({ ...leaf, chord: undefined });

function ownLeaves(signature: SignatureJson): SignatureLeaf[] {
  const { kwargs } = signature;
  switch (signature.subtask_type) {
    case "chain":
      return leavesOfSteps(signaturesIn(kwargs["tasks"]));
    case "group":
      return signaturesIn(kwargs["tasks"]).flatMap(leavesOf);
    case "chord":
      return isSignature(kwargs["body"]) ? leavesOf(kwargs["body"]) : [];
    default:
      return [leaf(signature)];
  }
}

/** The tasks with which the signature begins: those of the messages that send it. */
export function firstTasksOf(signature: SignatureJson): SignatureLeaf[] {
  const { tasks, header } = signature.kwargs;
  switch (signature.subtask_type) {
    case "chain":
      return signaturesIn(tasks).slice(0, 1).flatMap(firstTasksOf);
    case "group":
      return signaturesIn(tasks).flatMap(firstTasksOf);
    case "chord":
      return signaturesIn(header).flatMap(firstTasksOf);
    default:
      return [leaf(signature)];
  }
}

/** The error callbacks of a signature that fails as a whole: its own, and those of the task that would have begun. */
export function errbacksOf(signature: SignatureJson): SignatureJson[] {
  const own = signaturesIn(signature.options["link_error"]);
  const [first] = signature.subtask_type === "chain" ? signaturesIn(signature.kwargs["tasks"]) : [];
  if (first === undefined) return own;
  const known = new Set(own.map((errback) => JSON.stringify(errback)));
  return [...own, ...errbacksOf(first).filter((errback) => !known.has(JSON.stringify(errback)))];
}

/** Signatures in a place where a sender may have written anything. */
export function signaturesIn(value: unknown): SignatureJson[] {
  if (isSignature(value)) return [value];
  return Array.isArray(value) ? value.filter(isSignature) : [];
}

export function isSignature(value: unknown): value is SignatureJson {
  return (
    isRecord(value) &&
    typeof value["task"] === "string" &&
    isRecord(value["options"]) &&
    isRecord(value["kwargs"])
  );
}

function leaf({ options }: SignatureJson): SignatureLeaf {
  const index = options["group_index"];
  const { chord } = options;
  return {
    taskId: text(options["task_id"]),
    groupId: text(options["group_id"]),
    groupIndex: typeof index === "number" ? index : undefined,
    parentId: text(options["parent_id"]),
    replyTo: text(options["reply_to"]),
    chord: isSignature(chord) ? chord : undefined,
    errbacks: signaturesIn(options["link_error"]),
  };
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
