import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { App } from "../app/app.ts";
import { draftOf, type Draft } from "./draft.ts";
import { expand } from "./expand.ts";
import { freeze } from "./freeze.ts";
import { recordingApp } from "./recording-app.fixture.ts";
import type { ResultNode } from "./result-node.ts";
import { signatureFromJson } from "./signature-from-json.ts";
import { built, firstMessages, type Loose, meaning, registerTasks, trees } from "./workflow-tree.fixture.ts";

const { app } = recordingApp();
registerTasks(app);

/** The value of a workflow that is run here and now. */
async function value(signature: Loose, of: App = app): Promise<unknown> {
  const result = await of.caller.applyCanvas(signature.node, { throw: true });
  return result?.get({ disableSyncSubtasks: false });
}

/** Every call in a frozen workflow. */
function ids(draft: Draft): (string | undefined)[] {
  if (draft.kind === "task") return [draft.options.taskId];
  if (draft.kind === "chord") return [...ids(draft.header), ...ids(draft.body)];
  const own = draft.kind === "group" ? [draft.options.taskId] : [];
  return [...own, ...draft.tasks.flatMap(ids)];
}

function resultIds(result: ResultNode): string[] {
  const above = result.parent ? resultIds(result.parent) : [];
  return [...above, result.id, ...(result.children ?? []).flatMap(resultIds)];
}

describe("any workflow", () => {
  it("gives what its parts say, however it is composed", async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        expect(await value(built(tree, app))).toEqual(meaning(tree));
      }),
      { numRuns: 300 },
    );
  });

  it("piped into another gives that one its result", async () => {
    await fc.assert(
      fc.asyncProperty(trees, trees, async (left, right) => {
        const piped = built(left, app).pipe(built(right, app)) as Loose;
        expect(await value(piped)).toEqual(meaning(right, [meaning(left)]));
      }),
      { numRuns: 200 },
    );
  });

  it("is the same whichever two of three are piped first", async () => {
    await fc.assert(
      fc.asyncProperty(trees, trees, trees, async (a, b, c) => {
        const [x, y, z] = [built(a, app), built(b, app), built(c, app)];
        const first = await value(x.pipe(y).pipe(z) as Loose);
        expect(first).toEqual(await value(x.pipe(y.pipe(z) as Loose) as Loose));
      }),
      { numRuns: 200 },
    );
  });

  it("is the same after it has travelled", async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        const signature = built(tree, app);
        const json = signature.toJSON();
        const back = signatureFromJson(JSON.parse(JSON.stringify(json)), app);
        expect(back.toJSON()).toEqual(json);
        expect(await value(back as Loose)).toEqual(meaning(tree));
      }),
      { numRuns: 100 },
    );
  });

  it("has an id of its own for every call in it once it is frozen, and its results are of those", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const draft = draftOf(expand(built(tree, app).node));
        const result = freeze(draft, {});
        const all = ids(draft);
        expect(all).not.toContain(undefined);
        expect(new Set(all).size).toBe(all.length);
        expect(resultIds(result).filter((id) => !all.includes(id))).toEqual([]);
        expect(freeze(draft, {})).toEqual(result);
      }),
    );
  });

  it("starts with as many messages as it has beginnings, each with an id of its own", async () => {
    const recording = recordingApp();
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        recording.sent.length = 0;
        const result = await built(tree, recording.app).delay();
        expect(recording.sent).toHaveLength(firstMessages(tree));
        expect(new Set(recording.sent.map(({ id }) => id)).size).toBe(recording.sent.length);
        expect(result.id).not.toBe("");
      }),
      { numRuns: 100 },
    );
  });
});
