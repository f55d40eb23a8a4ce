import { silentLogger } from "@q/kernel";
import { describe, expect, it } from "vitest";
import { recordingApp } from "./recording-app.fixture.ts";
import type { App } from "../app/app.ts";
import type { Embed, SignatureJson } from "../protocol/embed.ts";
import { EMPTY_EMBED } from "../protocol/embed.ts";
import { localRequest } from "../tasks/direct-call.ts";
import { TaskContext } from "../tasks/task-context.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { group } from "./group.ts";

/** A task of `app` as it runs in a worker, with these parts of its message. */
function running(app: App, message: { headers?: object; embed?: Partial<Embed> } = {}): TaskContext {
  const task = app.task("t.host", () => 0);
  const headers = { id: "host", root_id: "root", ...message.headers };
  const request = localRequest(task as never, { headers });
  request.embed = { ...EMPTY_EMBED, ...message.embed };
  const signal = new AbortController().signal;
  return new TaskContext({ task: task as never, request, signal: () => signal, logger: silentLogger });
}

const json = (app: App, name: string, id: string): SignatureJson =>
  app.signature(name, [], { taskId: id }).toJSON();

describe("a task that replaces itself", () => {
  it("ends as ignored, and the other has its id, callbacks, group and chord", async () => {
    const { app, sent } = recordingApp();
    const body = json(app, "t.body", "body");
    const [link, errback] = [json(app, "t.link", "l"), json(app, "t.err", "e")];
    const self = running(app, {
      headers: { group: "g", group_index: 2, replaced_task_nesting: 1 },
      embed: { chord: body, callbacks: [link], errbacks: [errback] },
    });
    await expect(self.replace(app.signature<[]>("t.other", [5]))).rejects.toMatchObject({
      code: "ERR_Q_IGNORE",
    });
    expect(sent).toMatchObject([
      {
        name: "t.other",
        id: "host",
        args: [5],
        groupId: "g",
        groupIndex: 2,
        replacedTaskNesting: 2,
        embed: { chord: body, callbacks: [link], errbacks: [errback] },
      },
    ]);
  });

  it("by a chain has the rest of its own chain run after it, and only the last step is in its place", async () => {
    const { app, sent } = recordingApp();
    const rest = [json(app, "t.c", "c"), json(app, "t.b", "b")];
    const self = running(app, { embed: { chain: rest, callbacks: [json(app, "t.link", "l")] } });
    const steps = chain(app.signature<[], number>("t.x"), app.signature<[number], number>("t.y"));
    await expect(self.replace(steps)).rejects.toMatchObject({ code: "ERR_Q_IGNORE" });
    const [first] = sent;
    expect(first).toMatchObject({ name: "t.x", groupId: undefined, embed: { callbacks: null } });
    const steps2 = (first?.embed.chain ?? []).map(({ task, options }) => [task, options["task_id"]]);
    expect(steps2).toEqual([
      ["t.c", "c"],
      ["t.b", "b"],
      ["t.y", "host"],
    ]);
    expect(first?.embed.chain?.at(-1)?.options["link"]).toEqual([json(app, "t.link", "l")]);
  });

  it("by a group becomes a chord whose body makes one value of the results", async () => {
    const { app, sent } = recordingApp();
    const self = running(app, { headers: { group: "outer", group_index: 1 } });
    const members = group([app.signature<[]>("t.x"), app.signature<[]>("t.y")]);
    await expect(self.replace(members)).rejects.toMatchObject({ code: "ERR_Q_IGNORE" });
    expect(sent.map(({ name }) => name)).toEqual(["t.x", "t.y"]);
    for (const { embed, groupId } of sent) {
      expect(groupId).not.toBe("outer");
      expect(embed.chord).toMatchObject({
        task: "celery.accumulate",
        kwargs: { index: 0 },
        options: { task_id: "host", group_id: "outer", group_index: 1 },
      });
    }
  });

  it("leaves its stamps to all of it, which may have others", async () => {
    const { app, sent } = recordingApp();
    const headers = { stamped_headers: ["tenant", "kind"], stamps: { tenant: 7, kind: "host" } };
    const one = app.signature<[], number>("t.x");
    const two = app.signature<[number], number>("t.y").stamp({ kind: "other" });
    const self = running(app, { headers });
    await expect(self.replace(chain(one, two))).rejects.toMatchObject({ code: "ERR_Q_IGNORE" });
    expect(sent[0]).toMatchObject({ stamps: { tenant: 7, kind: "host" } });
    expect(sent[0]?.embed.chain?.[0]?.options).toMatchObject({
      stamped_headers: ["tenant", "kind"],
      tenant: 7,
      kind: "other",
    });
  });

  it("by a chord has the body in its place", async () => {
    const { app, sent } = recordingApp();
    const outer = json(app, "t.body", "body");
    const self = running(app, { headers: { group: "outer", group_index: 1 }, embed: { chord: outer } });
    const inner = chord([app.signature<[]>("t.x")], app.signature<[unknown[]]>("t.sum"));
    await expect(self.replace(inner)).rejects.toMatchObject({ code: "ERR_Q_IGNORE" });
    expect(sent[0]?.embed.chord).toMatchObject({
      task: "t.sum",
      options: { task_id: "host", group_id: "outer", group_index: 1, chord: outer },
    });
  });

  it.each(["a member of a chord", "an empty chain"] as const)("not by %s", async (what) => {
    const { app, sent } = recordingApp();
    const member = app.signature<[]>("t.x", [], { chord: json(app, "t.body", "b") });
    const given = what === "an empty chain" ? (chain([]) as never) : member;
    await expect(running(app).replace(given)).rejects.toMatchObject({ code: "ERR_Q_INVALID_CANVAS" });
    expect(sent).toEqual([]);
  });

  it("run eagerly settles with the result of the other", async () => {
    const { app } = recordingApp();
    const double = app.task("t.double", (n: number) => n * 2);
    const host = app.task({ name: "t.host", bind: true }, async (self, n: number) =>
      self.replace(group([double.s(n), double.s(n + 1)])),
    );
    expect(await (await host.apply([3])).get()).toEqual([6, 8]);
  });
});

describe("a task that adds to its chord", () => {
  it("sends one more member, for which the chord waits", async () => {
    const { app, sent } = recordingApp();
    const body = json(app, "t.body", "body");
    const chords = (await app.backend()).chords;
    const headers = { id: "m", group: "g", group_index: 0 };
    await chords?.setSize("g", 1);
    await running(app, { headers, embed: { chord: body } }).addToChord(app.signature<[]>("t.more"));
    expect(sent).toMatchObject([{ name: "t.more", groupId: "g", groupIndex: 0, embed: { chord: body } }]);
    const end = { groupId: "g", taskId: "m", groupIndex: 0, status: "SUCCESS", result: 1 };
    expect(await chords?.part(end, "attempt")).toBe("waiting");
    expect(await chords?.part({ ...end, taskId: String(sent[0]?.id) }, "attempt")).toBe("last");
  });

  it("may send it itself, later", async () => {
    const { app, sent } = recordingApp();
    const self = running(app, { headers: { group: "g" }, embed: { chord: json(app, "t.body", "b") } });
    const more = await self.addToChord(app.signature<[], number>("t.more"), { lazy: true });
    expect(sent).toEqual([]);
    await more.delay();
    expect(sent).toMatchObject([{ name: "t.more", groupId: "g" }]);
  });

  it("has to be a member of one", async () => {
    const { app } = recordingApp();
    await expect(running(app).addToChord(app.signature<[]>("t.more"))).rejects.toMatchObject({
      code: "ERR_Q_INVALID_CANVAS",
    });
  });
});
