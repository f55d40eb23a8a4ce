import { describe, expect, it } from "vitest";
import { DependencyGraph } from "./dependency-graph.ts";

function graphOfTexts(...edges: readonly [from: string, to: string][]): DependencyGraph<string> {
  const graph = new DependencyGraph<string>({ key: (text) => text, name: "letters" });
  for (const [from, to] of edges) graph.addEdge(from, to);
  return graph;
}

describe("a graph of dependencies", () => {
  it("has its nodes and edges once, in the order in which they came", () => {
    const graph = graphOfTexts(["a", "b"], ["a", "c"], ["a", "b"]);
    graph.addArc("c");
    graph.addArc("d");
    expect([...graph]).toEqual(["a", "b", "c", "d"]);
    expect(graph.size).toBe(4);
    expect(graph.edges()).toEqual([
      ["a", "b"],
      ["a", "c"],
    ]);
    expect(graph.successors("a")).toEqual(["b", "c"]);
  });

  it("counts what came of a node on whatever way, once", () => {
    const graph = graphOfTexts(["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"]);
    expect(["a", "b", "d"].map((node) => graph.valencyOf(node))).toEqual([3, 1, 0]);
  });

  it("is sorted so that each node comes after all that lead to it", () => {
    const graph = graphOfTexts(["c", "d"], ["b", "d"], ["a", "b"], ["a", "c"]);
    expect(graph.topsort()).toEqual(["a", "b", "c", "d"]);
  });

  it("has no order when it leads back to itself", () => {
    expect(() => graphOfTexts(["a", "b"], ["b", "a"]).topsort()).toThrow(
      expect.objectContaining({ code: "ERR_Q_CYCLE" }),
    );
  });

  it("takes in another one", () => {
    const graph = graphOfTexts(["a", "b"]);
    graph.connect(graphOfTexts(["b", "c"]));
    expect(graph.edges()).toEqual([
      ["a", "b"],
      ["b", "c"],
    ]);
  });

  it("is drawn in DOT, with any text in its names", () => {
    const graph = new DependencyGraph<string>({
      key: (text) => text,
      label: (text) => `<${text}>`,
      name: 'a "b"',
    });
    graph.addEdge("one", 'two "quoted"');
    expect(graph.toDot()).toBe(
      [
        'digraph "a \\"b\\"" {',
        "  node [shape=box];",
        '  "one" [label="<one>"];',
        '  "two \\"quoted\\"" [label="<two \\"quoted\\">"];',
        '  "one" -> "two \\"quoted\\"";',
        "}",
        "",
      ].join("\n"),
    );
  });

  it("is written as a tree, each branch once", () => {
    const graph = graphOfTexts(["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"], ["d", "e"]);
    expect(String(graph)).toBe("a\n  b\n    d\n      e\n  c\n    d");
  });
});
