import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { App } from "../app/app.ts";
import { chain } from "../canvas/chain.ts";
import { chord } from "../canvas/chord.ts";
import { group } from "../canvas/group.ts";
import { recordingApp } from "../canvas/recording-app.fixture.ts";
import { protocol1Body } from "./task-message-1.ts";

interface Recorded {
  readonly name: string;
  readonly bodies: readonly { readonly body_text: string }[];
}

const file = new URL("../../../../test-integration/vectors/messages_redis.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Recorded[] };

const add = (app: App, ...args: number[]) => app.signature("t.add", args);
const mul = (app: App, ...args: number[]) => app.signature("t.mul", args);

const calls: Readonly<Record<string, (app: App) => Promise<unknown>>> = {
  protocol1_plain: (app) => app.sendTask("t.add", [1, 2]),
  protocol1_eta: (app) =>
    app.sendTask("t.add", [1, 2], { eta: new Date("2030-01-02T03:04:05Z"), expires: 60 }),
  protocol1_link: (app) =>
    app.sendTask("t.add", [1, 2], { link: mul(app, 3), linkError: app.signature("t.on_err", []) }),
  protocol1_chain: (app) => app.send(chain(add(app, 1, 2), mul(app, 3), add(app, 4))),
  protocol1_group: (app) => app.send(group(add(app, 1, 2), add(app, 3, 4))),
  protocol1_chord: (app) => app.send(chord([add(app, 1, 2), add(app, 3, 4)], app.signature("t.xsum", []))),
};

/** Ids numbered by their first appearance, the time of expiry and the address of replies left out. */
function comparable(bodies: readonly unknown[]): unknown {
  const ids: string[] = [];
  const text = JSON.stringify(bodies, (key, value: unknown) =>
    key === "reply_to" ? undefined : key === "expires" && value !== null ? "later" : value,
  );
  const numbered = text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
    if (!ids.includes(id)) ids.push(id);
    return `id ${ids.indexOf(id)}`;
  });
  return JSON.parse(numbered);
}

it("is tried with every call that was recorded", () => {
  const names = cases.map(({ name }) => name).filter((name) => name.startsWith("protocol1_"));
  expect(Object.keys(calls)).toEqual(names);
});

it.each(Object.entries(calls))("%s has the body of Python's", async (name, call) => {
  const { app, sent } = recordingApp();
  await using _ = app;
  await call(app);

  const recorded = cases.find((one) => one.name === name)?.bodies ?? [];
  const theirs = recorded.map(({ body_text }) => JSON.parse(body_text) as unknown);
  expect(comparable(sent.map((task) => protocol1Body(task, true)))).toEqual(comparable(theirs));
});
