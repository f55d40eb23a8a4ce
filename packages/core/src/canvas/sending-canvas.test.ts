import { describe, expect, it } from "vitest";
import { localRequest } from "../tasks/direct-call.ts";
import { runInContext, TaskContext } from "../tasks/task-context.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { chunks } from "./chunks.ts";
import { group } from "./group.ts";
import { recordingApp } from "./recording-app.fixture.ts";
import { Signature } from "./signature.ts";

type Loose = Signature<readonly unknown[], never>;

describe("sending a workflow", () => {
  it("gives the result of the last step, with those before it as its parents", async () => {
    const { app, sent } = recordingApp();
    const [a, b, c] = ["a", "b", "c"].map((name): Loose => app.signature(name));
    const result = await chain(a as Loose, b as Loose, c as Loose).delay();
    const embedded = sent[0]?.embed.chain?.map(({ options }) => options["task_id"]);
    expect([result.id, result.parent?.id, result.parent?.parent?.id]).toEqual([
      ...(embedded ?? []),
      sent[0]?.id,
    ]);
    expect(result.parent?.parent?.parent).toBeUndefined();
  });

  it("of a chord gives the body's result, whose parent is that of the group", async () => {
    const { app, sent } = recordingApp();
    const x: Loose = app.signature("x");
    const result = await chord([x, x], app.signature<[unknown[]]>("body")).delay();
    expect(sent[0]?.embed.chord?.options).toMatchObject({ task_id: result.id, group_id: result.parent?.id });
    const members = result.parent as unknown as { results: { id: string }[] };
    expect(members.results.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
  });

  it("tells the backend how many members a chord waits for, before they are sent", async () => {
    const { app } = recordingApp();
    const x: Loose = app.signature("x");
    const header = group([x, chain(x, x), chord([x, x], x), group([x, x])] as Loose[]);
    const result = await chord(header, app.signature<[unknown[]]>("body")).delay();
    const chords = (await app.backend()).chords;
    const part = (index: number): ReturnType<NonNullable<typeof chords>["part"]> | undefined =>
      chords?.part(
        {
          groupId: result.parent?.id ?? "",
          taskId: `t${index}`,
          groupIndex: index,
          status: "SUCCESS",
          result: 0,
        },
        "attempt",
      );
    const progress: unknown[] = [];
    for (let index = 0; index < 5; index++) progress.push(await part(index));
    expect(progress).toEqual(["waiting", "waiting", "waiting", "waiting", "last"]);
  });

  it("of nothing does nothing: an empty chain, an empty group", async () => {
    const { app, sent } = recordingApp();
    expect(await app.send(chain([]))).toBeNull();
    const none = await app.send(group([]));
    expect([none.length, await none.ready(), await none.get()]).toEqual([0, true, []]);
    expect(sent).toEqual([]);
  });

  it("of nothing needs no app, as a list that happens to be empty has none", async () => {
    expect(await chain([]).delay()).toBeNull();
    expect(await chain([]).run()).toBeNull();
    const none = await group([]).delay();
    expect([none.length, await none.ready(), await none.get(), none.asTuple()]).toEqual([
      0,
      true,
      [],
      [[none.id, null], []],
    ]);
    for await (const end of none) expect.unreachable(String(end.index));
    await Promise.all([none.revoke(), none.forget()]);
    expect(() => none.app).toThrow(expect.objectContaining({ code: "ERR_Q_UNBOUND_SIGNATURE" }));
  });

  it("of a chord without members sends the body at once, with an empty list", async () => {
    const { app, sent } = recordingApp();
    const result = await chord([], app.signature<[unknown[]]>("body", [1])).delay();
    expect(sent).toMatchObject([{ name: "body", args: [[], 1], id: result.id }]);
  });

  it("of a chord fails where the backend cannot end it, before anything is sent", async () => {
    const { app, sent } = recordingApp({ backend: "rpc://" });
    const x: Loose = app.signature("x");
    await expect(group([x, x]).pipe(app.signature<[unknown[]]>("body")).delay()).rejects.toMatchObject({
      code: "ERR_Q_CHORDS_UNSUPPORTED",
    });
    expect(sent).toEqual([]);
    await app.close();
  });

  it("fails when a part is too large, before anything is sent", async () => {
    const { app, sent } = recordingApp({ taskMessageMaxBytes: 10_000 });
    const x: Loose = app.signature("x");
    const steps = Array.from({ length: 100 }, () => x);
    await expect(group([x, chain(steps) as Loose]).delay()).rejects.toMatchObject({
      code: "ERR_Q_MESSAGE_TOO_LARGE",
    });
    expect(sent).toEqual([]);
  });

  it("makes messages that grow with the number of nodes, not with its square", async () => {
    const { app, sent } = recordingApp();
    const x: Loose = app.signature("x");
    const fan = (width: number): Loose => group(Array.from({ length: width }, () => x)) as unknown as Loose;
    const size = async (width: number): Promise<number> => {
      sent.length = 0;
      await chain([fan(width), fan(width), fan(width)]).delay();
      return JSON.stringify(sent[0]?.embed).length;
    };
    const [small, large] = [await size(50), await size(200)];
    expect(large / small).toBeLessThan(4.2);
  });

  it("checks the arguments of all its messages before the first is sent", async () => {
    const { app, sent } = recordingApp();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const wrong = add.s(1) as unknown as ReturnType<typeof add.s<[number, number]>>;
    await expect(group([add.s(1, 2), wrong]).delay()).rejects.toMatchObject({ code: "ERR_Q_TASK_ARGUMENTS" });
    expect(sent).toEqual([]);
  });

  it("records it once among the children of the task that sends it", async () => {
    const { app } = recordingApp();
    const x: Loose = app.signature("x");
    const task = app.task("t.outer", () => 0) as never;
    const request = localRequest(task, {});
    const signal = new AbortController().signal;
    const self = new TaskContext({ task, request, signal: () => signal, logger: app.logger });
    const [first, second] = await runInContext(self, async () => [
      await chain(x, x, x).delay(),
      await group([x, x]).delay(),
    ]);
    expect(request.children.map(([[id], members]) => [id, members?.length])).toEqual([
      [first?.parent?.parent?.id, undefined],
      [second?.id, 2],
    ]);
  });

  it("takes a signature without an app, and refuses to send it by itself", async () => {
    const { app, sent } = recordingApp();
    const loose = new Signature("x", { args: [1] });
    await app.send(loose);
    await chain([loose, app.signature("y")]).delay();
    expect(sent.map(({ name }) => name)).toEqual(["x", "x"]);
    await expect(loose.delay()).rejects.toMatchObject({ code: "ERR_Q_UNBOUND_SIGNATURE" });
  });

  it("gives a group no link", async () => {
    const { app } = recordingApp();
    const x: Loose = app.signature("x");
    await expect(group([x, x]).applyAsync([], { link: x })).rejects.toMatchObject({
      code: "ERR_Q_INVALID_CANVAS",
    });
  });
});

describe("errbacks of a chord", () => {
  it.each([
    [false, [0, 0, 1]],
    [true, [1, 1, 1]],
  ])("go to its header too when that is set: %s", (taskAllowErrorCbOnChordHeader, expected) => {
    const { app } = recordingApp({ taskAllowErrorCbOnChordHeader });
    const x: Loose = app.signature("x");
    const made = chord([x, x], app.signature<[unknown[]]>("body")).onError(app.signature("oops"));
    const counts = [...made.header.tasks, made.body].map(({ options }) => options.linkError?.length ?? 0);
    expect(counts).toEqual(expected);
  });
});

describe("chunks", () => {
  it("are a group of their parts, which may start one after the other", async () => {
    const { app, sent } = recordingApp();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const parts = add.chunks(
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      2,
    );
    await parts.delay();
    expect(sent.map(({ name, kwargs }) => [name, kwargs["it"]])).toEqual([
      ["celery.starmap", [[1, 1], [2, 2]]],
      ["celery.starmap", [[3, 3]]],
    ]); // prettier-ignore
    const skewed = parts.group().skew({ start: 1, step: 5, stop: 4 });
    expect(skewed.tasks.map(({ options }) => options.countdown)).toEqual([1, 4]);
    expect(parts.group().length).toBe(2);
  });

  it("inside another workflow are one task, which cuts where it runs", async () => {
    const { app, sent } = recordingApp();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    await chain([add.chunks([[1, 1]], 2)]).delay();
    expect(sent).toMatchObject([{ name: "celery.chunks", kwargs: { n: 2 } }]);
  });

  it.each([0, 1.5, -1])("cannot have size %s", (size) => {
    const { app } = recordingApp();
    expect(() => chunks(app.signature("x"), [], size)).toThrow(
      expect.objectContaining({ code: "ERR_Q_INVALID_CANVAS" }),
    );
  });
});
