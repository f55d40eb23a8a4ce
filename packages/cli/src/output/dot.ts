/** A node of a graph. */
export interface DotNode {
  readonly id: string;
  readonly label: string;
  /** Attributes of Graphviz, such as `shape`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A graph in Graphviz's language: `q graph … | dot -Tpng`. */
export function dotGraph(
  name: string,
  { nodes, edges }: { nodes: readonly DotNode[]; edges: readonly (readonly [from: string, to: string])[] },
): string {
  const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const lines = nodes.map(({ id, label, attributes = {} }) => {
    const all = Object.entries({ label, ...attributes }).map(([key, value]) => `${key}=${quoted(value)}`);
    return `  ${quoted(id)} [${all.join(", ")}];`;
  });
  return [
    `digraph ${quoted(name)} {`,
    '  node [style="filled", fillcolor="white"];',
    ...lines,
    ...edges.map(([from, to]) => `  ${quoted(from)} -> ${quoted(to)};`),
    "}",
  ].join("\n");
}
