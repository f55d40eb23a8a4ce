import type { CanvasNode, ChordNode, Embedded, NodeOptions } from "./node.ts";
import { isNode } from "./node.ts";
import { nodeFromJson } from "./node-json.ts";
import type { Signature } from "./signature.ts";

/** Names and values that travel with every task of a workflow, for revoking by them, for logs and for middleware. */
export type Stamps = Readonly<Record<string, unknown>>;

/**
 * What a visitor gives: stamps. With `stampedHeaders` only the names in it are stamps, and the others are call options
 * of the signature.
 */
export type VisitorStamps = Stamps & { readonly stampedHeaders?: readonly string[] };

type Visit = (signature: Signature, stamps: Stamps) => VisitorStamps | void;
type Leave = (signature: Signature, stamps: Stamps) => void;

/**
 * Decides on the stamps of each part of a workflow. Each method may be left out. What it gives for a whole is for
 * everything in it; `stamps` are those from further out.
 *
 * @see celery/canvas.py, StampingVisitor
 */
export interface StampingVisitor {
  onSignature?: Visit;
  onChainStart?: Visit;
  onChainEnd?: Leave;
  onGroupStart?: Visit;
  onGroupEnd?: Leave;
  /** Default `onGroupStart` of the header. */
  onChordHeaderStart?: Visit;
  /** Default `onGroupEnd` of the header. */
  onChordHeaderEnd?: Leave;
  onChordBody?: Visit;
  onCallback?: Visit;
  onErrback?: Visit;
}

/** Options of `stamp`. */
export interface StampOptions {
  /** Keep all values of a name that is stamped more than once, in a list, instead of the first. Default false. */
  readonly appendStamps?: boolean;
}

const METHODS: readonly (keyof StampingVisitor)[] = [
  "onSignature", "onChainStart", "onChainEnd", "onGroupStart", "onGroupEnd", "onChordHeaderStart",
  "onChordHeaderEnd", "onChordBody", "onCallback", "onErrback",
]; // prettier-ignore

/** Stamps are data: what has a method of a visitor is one. */
export function isVisitor(value: StampingVisitor | Stamps): value is StampingVisitor {
  return METHODS.some((method) => typeof value[method] === "function");
}

/** What goes down to the parts of a workflow. */
interface Given {
  readonly stamps: Stamps;
  readonly options: NodeOptions;
}

/** Stamps everything in a workflow, callbacks included. */
export class Stamper {
  readonly #visitor: StampingVisitor;
  readonly #append: boolean;
  readonly #wrap: (node: CanvasNode) => Signature;

  constructor(
    visitor: StampingVisitor,
    { appendStamps = false }: StampOptions,
    wrap: (node: CanvasNode) => Signature,
  ) {
    this.#visitor = visitor;
    this.#append = appendStamps;
    this.#wrap = wrap;
  }

  stamp(node: CanvasNode, stamps: Stamps): CanvasNode {
    return this.#stamp(node, { stamps, options: {} });
  }

  #stamp(node: CanvasNode, given: Given): CanvasNode {
    switch (node.kind) {
      case "task": {
        const own = this.#visit("onSignature", node, given);
        return this.#write(this.#links(node, given), own);
      }
      case "chain":
        return this.#whole(node, given, ["onChainStart", "onChainEnd"]);
      case "group":
        return this.#whole(node, given, ["onGroupStart", "onGroupEnd"]);
      case "chord":
        return this.#chord(node, given);
    }
  }

  #whole<TNode extends CanvasNode & { kind: "chain" | "group" }>(
    node: TNode,
    given: Given,
    [start, end]: readonly ["onChainStart" | "onGroupStart", "onChainEnd" | "onGroupEnd"],
  ): TNode {
    const all = this.#visit(start, node, given);
    const tasks = node.tasks.map((task) => this.#stamp(task, all));
    this.#visitor[end]?.(this.#wrap(node), all.stamps);
    return { ...this.#links(node, all), tasks };
  }

  #chord(node: ChordNode, given: Given): ChordNode {
    const { onChordHeaderStart, onChordHeaderEnd } = this.#visitor;
    const all = onChordHeaderStart
      ? this.#visit("onChordHeaderStart", node, given)
      : this.#visit("onGroupStart", node.header, given);
    const tasks = node.header.tasks.map((task) => this.#stamp(task, all));
    if (onChordHeaderEnd) this.#visitor.onChordHeaderEnd?.(this.#wrap(node), all.stamps);
    else this.#visitor.onGroupEnd?.(this.#wrap(node.header), all.stamps);
    const ofBody = this.#visit("onChordBody", node, all);
    const header = { ...node.header, tasks };
    return { ...this.#links(node, all), header, body: this.#stamp(node.body, ofBody) };
  }

  #links<TNode extends CanvasNode>(node: TNode, given: Given): TNode {
    const { link, linkError } = node.options;
    if (!link && !linkError) return node;
    const each = (signatures: readonly Embedded[], method: "onCallback" | "onErrback"): Embedded[] =>
      signatures.map((one) => {
        const callback = isNode(one) ? one : nodeFromJson(one);
        return this.#stamp(callback, this.#visit(method, callback, given));
      });
    const options = {
      ...node.options,
      ...(link && { link: each(link, "onCallback") }),
      ...(linkError && { linkError: each(linkError, "onErrback") }),
    };
    return { ...node, options };
  }

  #visit(method: keyof StampingVisitor, node: CanvasNode, given: Given): Given {
    const { stampedHeaders, ...found } = this.#visitor[method]?.(this.#wrap(node), given.stamps) ?? {};
    const entries = Object.entries(found);
    const isStamp = ([name]: [string, unknown]): boolean => stampedHeaders?.includes(name) ?? true;
    const stamps = Object.fromEntries(entries.filter(isStamp));
    const options = Object.fromEntries(entries.filter((entry) => !isStamp(entry))) as NodeOptions;
    return { stamps: this.#merged(given.stamps, stamps), options: { ...given.options, ...options } };
  }

  #write<TNode extends CanvasNode>(node: TNode, given: Given): TNode {
    const stamps = this.#merged(given.stamps, node.options.stamps ?? {});
    const names = Object.keys(stamps);
    if (names.length === 0) return { ...node, options: { ...node.options, ...given.options } };
    return { ...node, options: { ...node.options, ...given.options, stampedHeaders: names, stamps } };
  }

  /** What is further out stays; lists are joined. */
  #merged(first: Stamps, second: Stamps): Stamps {
    const merged: Record<string, unknown> = { ...second, ...first };
    for (const [name, value] of Object.entries(second)) {
      if (!Object.hasOwn(first, name)) continue;
      const before = first[name];
      const joins = this.#append || (Array.isArray(before) && Array.isArray(value));
      if (joins) merged[name] = [...listOf(before), ...listOf(value)];
    }
    return merged;
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
