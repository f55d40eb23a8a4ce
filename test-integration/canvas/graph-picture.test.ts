import { spawnSync } from "node:child_process";
import { chain, createApp, group } from "@q/core";
import { Worker } from "@q/worker";
import { expect, it } from "vitest";
import { requires, waitUntil } from "../harness/index.ts";

requires("graphviz")("the graph of a workflow's results", () => {
  it("is drawn by graphviz, with each result and each edge", async () => {
    const name = crypto.randomUUID();
    await using app = createApp("graph", { broker: `memory://${name}`, backend: `memory://${name}` });
    const add = app.task("graph.add", (x: number, y: number) => x + y);
    const sum = app.task('graph.<sum> & "more"', (values: readonly number[]) =>
      values.reduce((a, b) => a + b, 0),
    );
    await using worker = new Worker(app, { concurrency: 4, pool: "async" });
    await worker.start();
    const last = add.s(5).link(add.s(100));
    const result = await chain(add.s(1, 1), group([add.s(1), add.s(2)]), sum.s(), last).delay();
    expect(await result.get({ timeout: 10 })).toBe(12);
    const [linked] = await waitUntil(() => result.children(), { accept: ({ length }) => length === 1 });
    await linked?.get({ timeout: 10 });

    // The body of a chord is nobody's child: it came of all members.
    const [body, first] = [result.parent, result.parent?.parent?.parent];
    if (!body || !first) throw new Error("the steps on the way are not known");
    const graph = await first.graph();
    graph.connect(await body.graph());
    const { stdout, stderr, status } = spawnSync("dot", ["-Tsvg"], {
      input: graph.toDot(),
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    const drawn = (what: "node" | "edge"): number => stdout.split(`class="${what}"`).length - 1;
    expect([drawn("node"), drawn("edge")]).toEqual([graph.size, graph.edges().length]);
    // Three steps, the group and its members, the callback.
    expect(graph.size).toBe(7);
  });
});
