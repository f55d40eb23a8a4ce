import { describe, expect, it } from "vitest";
import type { NodeOptions } from "./node.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { group } from "./group.ts";
import { recordingApp } from "./recording-app.fixture.ts";
import type { Signature } from "./signature.ts";
import type { StampingVisitor } from "./stamping.ts";

const { app } = recordingApp();
const t = (name: string): Signature<readonly unknown[], never> => app.signature(name);
const tasks = (signature: unknown): Signature[] => (signature as { tasks: Signature[] }).tasks;

const stampsOf = (options: NodeOptions | undefined): unknown => options?.stamps;

describe("stamps", () => {
  it("are on every task of a workflow and on its callbacks", () => {
    const workflow = chord([t("a"), chain(t("b"), t("c"))], t("d").link(t("e"))).stamp({ customer: 7 });
    const json = JSON.stringify(workflow);
    expect(json.match(/"customer":7/g)).toHaveLength(5);
    expect(json.match(/"stamped_headers":\["customer"\]/g)).toHaveLength(5);
  });

  it("travel in the message under their names", async () => {
    const recording = recordingApp();
    await recording.app.signature("t.add", [1]).stamp({ customer: 7 }).delay();
    expect(recording.sent).toMatchObject([{ stampedHeaders: ["customer"], stamps: { customer: 7 } }]);
  });

  it("stay when the call says otherwise, and later ones come to them", () => {
    const stamped = t("a").stamp({ x: 1 }).stamp({ y: 2 });
    expect(stampsOf(stamped.options)).toEqual({ x: 1, y: 2 });
    expect(stampsOf(stamped.clone([], {}, { stamps: { x: 9 }, stampedHeaders: ["x"] }).options)).toEqual({
      x: 1,
      y: 2,
    });
  });

  it("of one name: the last one wins, or all are kept", () => {
    expect(stampsOf(t("a").stamp({ x: 1 }).stamp({ x: 2 }).options)).toEqual({ x: 2 });
    expect(stampsOf(t("a").stamp({ x: 1 }).stamp({ x: 2 }, { appendStamps: true }).options)).toEqual({
      x: [2, 1],
    });
    expect(
      stampsOf(
        t("a")
          .stamp({ x: [1] })
          .stamp({ x: [2] }).options,
      ),
    ).toEqual({ x: [2, 1] });
  });

  it("are decided on by a visitor, part by part", () => {
    const seen: string[] = [];
    const visitor: StampingVisitor = {
      onSignature: (signature) => ({ name: signature.task }),
      onChainStart: () => void seen.push("chain"),
      onChainEnd: () => void seen.push("end of chain"),
      onGroupStart: (signature) => {
        seen.push("group");
        return { size: tasks(signature.toJSON().kwargs).length };
      },
      onGroupEnd: () => void seen.push("end of group"),
      onChordBody: () => ({ body: true }),
      onCallback: () => ({ callback: true }),
      onErrback: () => ({ errback: true }),
    };
    const workflow = chain(
      t("a").link(t("l")).linkError(t("e")),
      chord([t("b"), t("c")], t("d")) as unknown as Signature<readonly unknown[], never>,
    ).stamp(visitor);
    const [first, second] = tasks(workflow.toJSON().kwargs) as unknown as [
      { options: { name: string; link: { options: object }[]; link_error: { options: object }[] } },
      { kwargs: { header: { options: object }[]; body: { options: object } } },
    ];
    expect(first.options.name).toBe("a");
    expect(first.options.link[0]?.options).toMatchObject({ name: "l", callback: true });
    expect(first.options.link_error[0]?.options).toMatchObject({ name: "e", errback: true });
    expect(second.kwargs.header.map(({ options }) => options)).toEqual([
      { name: "b", size: 2, stamped_headers: ["name", "size"] },
      { name: "c", size: 2, stamped_headers: ["name", "size"] },
    ]);
    expect(second.kwargs.body.options).toMatchObject({ name: "d", body: true, size: 2 });
    expect(seen).toEqual(["chain", "group", "end of group", "end of chain"]);
  });

  it("may come with options that are no stamps", () => {
    const visitor: StampingVisitor = {
      onSignature: () => ({ team: "a", priority: 3, stampedHeaders: ["team"] }),
    };
    const stamped = group([t("a")]).stamp(visitor);
    expect(stamped.tasks[0]?.options).toEqual({
      priority: 3,
      stampedHeaders: ["team"],
      stamps: { team: "a" },
    });
  });
});

describe("a frozen workflow", () => {
  it("has its ids before it is sent, and keeps them", async () => {
    const recording = recordingApp();
    const sig = (name: string): Signature<readonly unknown[], never> => recording.app.signature(name);
    const workflow = chain(sig("a"), group([sig("b"), sig("c")]), sig("d"));
    const { signature, result } = await workflow.freeze({ id: "last" });
    expect(result.id).toBe("last");
    const header = result.parent as unknown as { results: { id: string }[]; parent: { id: string } };
    await signature.delay();
    const [first] = recording.sent;
    expect(first?.id).toBe(header.parent.id);
    const [next] = first?.embed.chain ?? [];
    const embedded = next?.kwargs["header"] as { kwargs: { tasks: { options: object }[] } } | undefined;
    expect(embedded?.kwargs.tasks.map(({ options }) => options)).toMatchObject(
      header.results.map(({ id }) => ({ task_id: id })),
    );
    expect(next?.kwargs["body"]).toMatchObject({ task: "d", options: { task_id: "last" } });
  });
});

it("a chain of ten thousand steps is one message", async () => {
  const recording = recordingApp();
  const steps = Array.from({ length: 10_000 }, (_, index) => recording.app.signature("t.add", [index]));
  const result = await chain(steps).delay();
  expect(recording.sent).toHaveLength(1);
  expect(recording.sent[0]?.embed.chain).toHaveLength(9999);
  let length = 0;
  for (let one: { parent?: unknown } | undefined = result; one; one = one.parent as never) length++;
  expect(length).toBe(10_000);
});
