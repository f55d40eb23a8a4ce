import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Exchange, Queue } from "@q/messaging";
import type { SignatureJson } from "../protocol/embed.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { group } from "./group.ts";
import { Signature } from "./signature.ts";
import { signatureFromJson } from "./signature-from-json.ts";
import { signatureList } from "./signature-list.ts";

const file = new URL("../../../../test-integration/vectors/signatures.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as {
  readonly cases: readonly {
    readonly name: string;
    readonly type: string;
    readonly signature: SignatureJson;
  }[];
};
const plain = vectors.cases.filter(({ type }) => type === "Signature");

describe("a signature", () => {
  it("keeps everything Python wrote, there and back", () => {
    expect(plain.length).toBeGreaterThan(20);
    for (const { name, signature } of plain) {
      expect([name, signatureFromJson(signature).toJSON()]).toEqual([name, signature]);
    }
  });

  it("travels with Celery's six keys and option names", () => {
    const link = new Signature("t.log", { immutable: true });
    const json = new Signature("t.add", {
      args: [1],
      kwargs: { y: 2 },
      options: {
        countdown: 3,
        expires: new Date("2030-01-02T03:04:05Z"),
        taskId: "one",
        queue: new Queue("fast"),
        exchange: new Exchange("ex"),
        routingKey: "a.b",
        softTimeLimit: 5,
        link,
        retryPolicy: { maxRetries: 1, intervalMax: 2 },
        properties: { messageId: "m" },
        publishTimeoutMs: 100,
        addToParent: false,
      },
    }).toJSON();
    expect(json).toEqual({
      task: "t.add",
      args: [1],
      kwargs: { y: 2 },
      options: {
        countdown: 3,
        expires: "2030-01-02T03:04:05+00:00",
        task_id: "one",
        queue: "fast",
        exchange: "ex",
        routing_key: "a.b",
        soft_time_limit: 5,
        link: [link.toJSON()],
        retry_policy: { max_retries: 1, interval_max: 2 },
        message_id: "m",
        add_to_parent: false,
      },
      subtask_type: null,
      immutable: false,
    });
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });

  it("is read with options under our names, null meaning not set", () => {
    const { options } = signatureFromJson({
      task: "t.add",
      args: [],
      kwargs: {},
      options: { routing_key: "k", reply_to: null, retry_policy: { max_retries: 2 }, of_a_newer_peer: 1 },
      subtask_type: null,
      immutable: false,
    });
    expect(options).toEqual({ routingKey: "k", retryPolicy: { maxRetries: 2 } });
  });

  it("may lack everything but the task", () => {
    const signature = signatureFromJson({ task: "t.add" } as never);
    expect(signature).toEqual(new Signature("t.add"));
  });

  it("keeps its stamps among the options, under their own names", () => {
    const stamped = new Signature("t.add", {
      options: { stampedHeaders: ["userId"], stamps: { userId: ["7"] } },
    });
    expect(stamped.toJSON().options).toEqual({ stamped_headers: ["userId"], userId: ["7"] });
    expect(signatureFromJson(stamped.toJSON())).toEqual(stamped);
  });

  it("never changes: options and arguments give a new one", () => {
    const first = new Signature("t.add", { args: [2], options: { queue: "a" } });
    expect(first.set({ countdown: 1 }).options).toEqual({ queue: "a", countdown: 1 });
    expect(first.withArgs([1]).args).toEqual([1, 2]);
    expect(first).toEqual(new Signature("t.add", { args: [2], options: { queue: "a" } }));
  });

  it("takes no arguments from its caller when it is immutable", () => {
    const fixed = new Signature("t.add", { args: [2], immutable: true });
    expect(fixed.withArgs([1])).toEqual(fixed);
    expect(fixed.set({ queue: "q" }).immutable).toBe(true);
  });

  it.each([[5], [null], [{}], [{ task: "" }], [{ task: "t", args: "abc" }], [{ task: "t", kwargs: [1] }]])(
    "cannot be read from %j",
    (json) => {
      expect(() => signatureFromJson(json as never)).toThrow(
        expect.objectContaining({ code: "ERR_Q_INVALID_TASK" }),
      );
    },
  );
});

it("a workflow tells what it is composed of", () => {
  const [one, two] = [new Signature("t.one"), new Signature("t.two")] as [never, never];
  const names = (whole: { readonly tasks: readonly Signature[] }): string[] =>
    whole.tasks.map(({ task }) => task);
  expect(names(chain(one, chain(two, one)))).toEqual(["t.one", "t.two", "t.one"]);
  expect(names(group(one, two))).toEqual(["t.one", "t.two"]);
  expect(names(chord([one, two], one))).toEqual(["t.one", "t.two"]);
  expect(names(one)).toEqual([]);
});

it("messages say null where there are no callbacks", () => {
  expect([signatureList(undefined), signatureList([])]).toEqual([null, null]);
  const one = new Signature("t.log");
  expect(signatureList(one)).toEqual([one.toJSON()]);
});
