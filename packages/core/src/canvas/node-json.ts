import { InvalidTaskError } from "../errors.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import { optionsFromWire, optionsToWire } from "../protocol/signature-options.ts";
import {
  type CanvasNode,
  chainNode,
  type ChordNode,
  chordNode,
  type Embedded,
  type GroupNode,
  groupNode,
  isNode,
  type NodeOptions,
  type TaskNode,
  taskNode,
} from "./node.ts";
import { prependArgs } from "./partial.ts";

/**
 * Writes nodes in the form in which they travel, Celery's. One writer serves one sending: a chord's body, which every
 * member of the header carries, is written once.
 *
 * @see wire protocol, "Signature object" and "Composite signatures"
 */
export class NodeWriter {
  readonly #written = new Map<CanvasNode, SignatureJson>();

  write(signature: Embedded): SignatureJson {
    if (!isNode(signature)) return signature;
    let json = this.#written.get(signature);
    if (json === undefined) {
      json = this.#toJson(signature, undefined);
      this.#written.set(signature, json);
    }
    return json;
  }

  /** `null` for none, as messages say it. */
  writeList(signatures: readonly Embedded[] | undefined): readonly SignatureJson[] | null {
    return signatures?.map((one) => this.write(one)) ?? null;
  }

  /** `enclosing` is the body of the chord that the node is a header member of. */
  #toJson(node: CanvasNode, enclosing: CanvasNode | undefined): SignatureJson {
    const options = this.#options(node.options, enclosing);
    const { immutable } = node;
    switch (node.kind) {
      case "task":
        return {
          task: node.task,
          args: node.args,
          kwargs: node.kwargs,
          options,
          subtask_type: null,
          immutable,
          ...node.extra,
        };
      case "chain":
      case "group": {
        const tasks = node.tasks.map((task) => this.#toJson(task, enclosing));
        return composite(node.kind, { tasks }, { options, immutable });
      }
      case "chord":
        return composite(
          "chord",
          { kwargs: {}, header: this.#header(node), body: this.#body(node, enclosing) },
          { options, immutable },
        );
    }
  }

  /** A plain array until it is frozen, as Celery has it. */
  #header({ header, body }: ChordNode): SignatureJson | readonly SignatureJson[] {
    const json = this.#toJson(header, body);
    return isEmpty(header.options) ? (json.kwargs["tasks"] as SignatureJson[]) : json;
  }

  #body(node: ChordNode, enclosing: CanvasNode | undefined): SignatureJson {
    return enclosing ? this.#toJson(node.body, enclosing) : this.write(node.body);
  }

  /**
   * Inside a chord that is embedded, the members need not name its body once more: whoever applies the chord tells
   * them. Celery writes it into each of them, so that its messages grow with the square of their nodes.
   */
  #options(options: NodeOptions, enclosing: CanvasNode | undefined): Readonly<Record<string, unknown>> {
    const { link, linkError, chord, chain, ...plain } = options;
    const wire = optionsToWire(plain);
    if (link) wire["link"] = this.writeList(link);
    if (linkError) wire["link_error"] = this.writeList(linkError);
    if (chain) wire["chain"] = this.writeList(chain);
    if (chord && chord !== enclosing) wire["chord"] = this.write(chord);
    return wire;
  }
}

function composite(
  kind: "chain" | "group" | "chord",
  kwargs: Readonly<Record<string, unknown>>,
  rest: Pick<SignatureJson, "options" | "immutable">,
): SignatureJson {
  return { task: `celery.${kind}`, args: [], kwargs, subtask_type: kind, ...rest };
}

/** The travelling form of one signature. */
export function nodeToJson(node: CanvasNode): SignatureJson {
  return new NodeWriter().write(node);
}

/** Keys that every signature has. */
const KEYS: ReadonlySet<string> = new Set(["task", "args", "kwargs", "options", "subtask_type", "immutable"]);

/**
 * Reads a signature that travelled.
 *
 * @throws {InvalidTaskError} when it names no task, or a part of it has a wrong type
 */
export function nodeFromJson(json: unknown): CanvasNode {
  if (!isRecord(json) || typeof json["task"] !== "string" || json["task"] === "") {
    throw new InvalidTaskError("a signature names no task. Find the program that sent the workflow");
  }
  const { task, args = [], kwargs = {}, options = {} } = json;
  if (!Array.isArray(args ?? []) || !isRecord(kwargs ?? {}) || !isRecord(options ?? {})) {
    throw new InvalidTaskError(`a signature of "${task}" has arguments or options of a wrong type`);
  }
  const parts: Parts = {
    task,
    args: (args ?? []) as readonly unknown[],
    kwargs: (kwargs ?? {}) as Readonly<Record<string, unknown>>,
    options: nodeOptionsFromWire((options ?? {}) as Readonly<Record<string, unknown>>),
    immutable: json["immutable"] === true,
  };
  switch (json["subtask_type"]) {
    case "chain":
      return withPartials(
        { ...chainNode(signatures(parts, "tasks"), parts.options), immutable: parts.immutable },
        parts,
      );
    case "group":
      return withPartials(groupNode(signatures(parts, "tasks"), parts.options), parts);
    case "chord":
      return readChord(parts);
    default:
      return readTask(parts, json);
  }
}

interface Parts {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: NodeOptions;
  readonly immutable: boolean;
}

function readTask({ task, ...parts }: Parts, json: Readonly<Record<string, unknown>>): TaskNode {
  const extra = Object.entries(json).filter(
    ([key, value]) => !KEYS.has(key) || (key === "subtask_type" && value !== null && value !== undefined),
  );
  return taskNode(task, extra.length === 0 ? parts : { ...parts, extra: Object.fromEntries(extra) });
}

function readChord(parts: Parts): CanvasNode {
  const { header, body } = parts.kwargs;
  if (!isRecord(body)) throw new InvalidTaskError("a chord that travelled has no body");
  const members = isRecord(header) ? nodeFromJson(header) : groupNode(signatures(parts, "header"));
  const group: GroupNode = members.kind === "group" ? members : groupNode([members]);
  const node = { ...chordNode(group, nodeFromJson(body), parts.options), immutable: parts.immutable };
  const { kwargs } = parts.kwargs;
  return withPartials(node, { ...parts, kwargs: isRecord(kwargs) ? kwargs : {} });
}

/** Arguments of a whole go to its first tasks. */
function withPartials(node: CanvasNode, { args, kwargs }: Pick<Parts, "args" | "kwargs">): CanvasNode {
  return node.kind === "chord" ? prependArgs(node, args, kwargs) : prependArgs(node, args);
}

function signatures({ task, kwargs }: Parts, key: string): CanvasNode[] {
  const list = kwargs[key] ?? [];
  if (!Array.isArray(list)) throw new InvalidTaskError(`a signature of "${task}" has no list of ${key}`);
  return list.map(nodeFromJson);
}

function nodeOptionsFromWire(wire: Readonly<Record<string, unknown>>): NodeOptions {
  const options = optionsFromWire(wire) as Record<string, unknown>;
  for (const key of ["link", "linkError", "chain"]) {
    const value = options[key];
    if (value !== undefined && !Array.isArray(value)) options[key] = [value];
  }
  return options as NodeOptions;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** A signature that travelled is whatever its sender wrote. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
