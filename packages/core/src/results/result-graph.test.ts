import { describe, expect, it } from "vitest";
import { appWithResults, FAILURE } from "./stored-results.fixture.ts";

/** A task that sent two, one of which sent a group. */
async function tree(options: { last?: object } = {}): Promise<ReturnType<typeof appWithResults>> {
  const made = appWithResults();
  const { store } = made;
  await store("root", {
    result: 1,
    children: [
      [["a", null], null],
      [["b", null], null],
    ],
  });
  await store("a", { result: 2 });
  await store("b", {
    result: 3,
    children: [
      [
        ["g", null],
        [
          [["c", null], null],
          [["d", null], null],
        ],
      ],
    ],
  });
  await store("c", FAILURE);
  await store("d", { result: 5, ...options.last });
  return made;
}

describe("what came of a result", () => {
  it("is collected with its values, errors among them", async () => {
    const { app } = await tree();
    await using _ = app;
    const seen: unknown[] = [];
    for await (const [{ id }, value] of app.AsyncResult("root").collect()) seen.push([id, value]);
    expect(seen).toEqual([
      ["root", 1],
      ["a", 2],
      ["b", 3],
      ["g", [expect.objectContaining({ excType: "ValueError" }), 5]],
      ["c", expect.objectContaining({ excType: "ValueError" })],
      ["d", 5],
    ]);
    expect(await app.AsyncResult("root").getLeaf()).toBe(5);
  });

  it("is a graph, to be drawn or written", async () => {
    const { app } = await tree();
    await using _ = app;
    const graph = await app.AsyncResult("root").graph();
    expect(String(graph)).toBe("root\n  a\n  b\n    g\n      c\n      d");
    expect(graph.toDot()).toContain('  "g" -> "d";');
  });

  it("is incomplete while something has not ended, unless that is wanted", async () => {
    const { app } = await tree({ last: { status: "STARTED" } });
    await using _ = app;
    const root = app.AsyncResult("root");
    await expect(root.graph()).rejects.toMatchObject({ code: "ERR_Q_INCOMPLETE_STREAM", resultId: "g" });
    expect([...(await root.graph({ intermediate: true }))].map(({ id }) => id)).toEqual([
      "root",
      "a",
      "b",
      "g",
    ]);
    const values: unknown[] = [];
    for await (const [, value] of root.collect({ intermediate: true })) values.push(value);
    expect(values).toEqual([1, 2, 3, undefined]);
  });

  it("is revoked with it and with what came before, in one message", async () => {
    const { app, store } = await tree();
    await using _ = app;
    await store("before", { result: 0 });
    const asked: unknown[] = [];
    app.revoke = async (ids) => void asked.push([...ids].toSorted());
    const root = app.resultFromTuple([["root", [["before", null], null]], null]);
    await root.revokeTree();
    expect(asked).toEqual([["a", "b", "before", "c", "d", "root"]]);
  });
});
