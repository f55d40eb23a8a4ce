import { CycleError } from "../errors.ts";

/** How a graph identifies and names its nodes. */
export interface GraphFormat<TNode> {
  /** Nodes with the same key are the same. */
  readonly key: (node: TNode) => string;
  /** Text shown. Default the key. */
  readonly label?: (node: TNode) => string;
  /** Name of the graph. */
  readonly name?: string;
}

/**
 * Which things lead to which others: an edge from A to B says that B came of A.
 *
 * @see celery/utils/graph.py, DependencyGraph
 */
export class DependencyGraph<TNode> implements Iterable<TNode> {
  readonly #format: GraphFormat<TNode>;
  readonly #nodes = new Map<string, TNode>();
  readonly #edges = new Map<string, string[]>();

  constructor(format: GraphFormat<TNode>) {
    this.#format = format;
  }

  /** Adds a node, if it is not there. */
  addArc(node: TNode): void {
    const key = this.#format.key(node);
    if (this.#nodes.has(key)) return;
    this.#nodes.set(key, node);
    this.#edges.set(key, []);
  }

  /** Adds an edge, and its ends if they are not there. */
  addEdge(from: TNode, to: TNode): void {
    this.addArc(from);
    this.addArc(to);
    const targets = this.#edges.get(this.#format.key(from));
    const key = this.#format.key(to);
    if (targets && !targets.includes(key)) targets.push(key);
  }

  /** Adds the nodes and edges of another graph. */
  connect(other: DependencyGraph<TNode>): void {
    for (const node of other) this.addArc(node);
    for (const [from, to] of other.edges()) this.addEdge(from, to);
  }

  /** The nodes, in the order in which they came. */
  [Symbol.iterator](): Iterator<TNode> {
    return this.#nodes.values();
  }

  /** Number of nodes. */
  get size(): number {
    return this.#nodes.size;
  }

  /** The edges, each from and to. */
  edges(): [from: TNode, to: TNode][] {
    return [...this.#edges].flatMap(([from, targets]) =>
      targets.map((to): [TNode, TNode] => [this.#node(from), this.#node(to)]),
    );
  }

  /** What came of a node, directly. */
  successors(node: TNode): TNode[] {
    return (this.#edges.get(this.#format.key(node)) ?? []).map((key) => this.#node(key));
  }

  /** Number of nodes that came of this one, on whatever way. */
  valencyOf(node: TNode): number {
    const seen = new Set<string>();
    const pending = [this.#format.key(node)];
    for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
      for (const target of this.#edges.get(key) ?? []) {
        if (seen.has(target)) continue;
        seen.add(target);
        pending.push(target);
      }
    }
    return seen.size;
  }

  /** The nodes, each after all that lead to it. @throws {CycleError} */
  topsort(): TNode[] {
    const incoming = new Map([...this.#nodes.keys()].map((key) => [key, 0]));
    const count = (key: string, by: number): number => {
      const next = (incoming.get(key) ?? 0) + by;
      incoming.set(key, next);
      return next;
    };
    for (const targets of this.#edges.values()) for (const to of targets) count(to, 1);
    const sorted = [...incoming].filter(([, edges]) => edges === 0).map(([key]) => key);
    for (const key of sorted) {
      for (const to of this.#edges.get(key) ?? []) if (count(to, -1) === 0) sorted.push(to);
    }
    if (sorted.length < this.#nodes.size) throw new CycleError(this.#format.name ?? "graph");
    return sorted.map((key) => this.#node(key));
  }

  /** The graph in the DOT language, for graphviz: `dot -Tsvg`. */
  toDot(): string {
    const id = (key: string): string => JSON.stringify(key);
    const nodes = [...this.#nodes].map(([key, node]) => `  ${id(key)} [label=${id(this.#label(node))}];`);
    const edges = [...this.#edges].flatMap(([from, targets]) =>
      targets.map((to) => `  ${id(from)} -> ${id(to)};`),
    );
    return [
      `digraph ${id(this.#format.name ?? "graph")} {`,
      "  node [shape=box];",
      ...nodes,
      ...edges,
      "}",
      "",
    ].join("\n");
  }

  /** The graph as an indented tree; what is reached on several ways is written out once. */
  toString(): string {
    const targets = new Set([...this.#edges.values()].flat());
    const roots = [...this.#nodes.keys()].filter((key) => !targets.has(key));
    const lines: string[] = [];
    const written = new Set<string>();
    const pending = roots.toReversed().map((key) => ({ key, depth: 0 }));
    for (let next = pending.pop(); next; next = pending.pop()) {
      const { key, depth } = next;
      lines.push(`${"  ".repeat(depth)}${this.#label(this.#node(key))}`);
      if (written.has(key)) continue;
      written.add(key);
      const below = this.#edges.get(key) ?? [];
      pending.push(...below.toReversed().map((to) => ({ key: to, depth: depth + 1 })));
    }
    return lines.join("\n");
  }

  #label(node: TNode): string {
    return (this.#format.label ?? this.#format.key)(node);
  }

  #node(key: string): TNode {
    return this.#nodes.get(key) as TNode;
  }
}
