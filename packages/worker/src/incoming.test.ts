import { describe, expect, it } from "vitest";
import { fromProtocol1, normalBody, shown } from "./incoming.ts";

describe("the body of a task message", () => {
  it.each([
    ["bytes", Buffer.from("[[2, 3], {}, {}]")],
    ["a time", new Date(0)],
    ["text", "[[2, 3], {}, {}]"],
    ["nothing", null],
    ["two elements", [[2, 3], {}]],
    ["four elements", [[], {}, {}, {}]],
    ["arguments that are an object", [{ x: 1 }, {}, {}]],
    ["keyword arguments that are an array", [[], [], {}]],
    ["keyword arguments that are bytes", [[], Buffer.from("x"), {}]],
  ])("is refused when it is %s", (_what, decoded) => {
    expect(() => normalBody(decoded)).toThrow(expect.objectContaining({ code: "ERR_Q_INVALID_TASK" }));
  });

  it("may be an object with args, as in protocol 1", () => {
    const object = Object.assign(Object.create(null) as object, { args: [1], kwargs: { y: 2 } });
    expect(normalBody(object)).toMatchObject({ args: [1], kwargs: { y: 2 } });
  });

  it("changes no prototype with the keys it brings", () => {
    const { kwargs, embed } = normalBody(
      JSON.parse('[[], {"__proto__": {"a": 1}}, {"__proto__": {"chain": [1]}}]'),
    );
    expect([Object.keys(kwargs), embed.chain]).toEqual([["__proto__"], null]);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});

describe("a message of protocol 1", () => {
  const message = {
    body: Buffer.alloc(0),
    contentType: "",
    contentEncoding: "",
    properties: {},
    headers: { kept: 1 },
  };

  it("gets the fields of its body as headers", () => {
    const body = { task: "t.add", id: "one", retries: 2, taskset: "group", eta: null };
    expect(fromProtocol1(message, body)?.headers).toEqual({
      kept: 1,
      task: "t.add",
      id: "one",
      retries: 2,
      group: "group",
    });
  });

  it.each([[null], [[]], [{}], [{ task: "" }], [{ task: 1 }], [Buffer.from("task")]])(
    "is none with the body %j",
    (body) => {
      expect(fromProtocol1(message, body)).toBeUndefined();
    },
  );
});

describe("a header in a log line", () => {
  it.each([
    [10n ** 30n, "1000000000000000000000000000000n"],
    [undefined, "undefined"],
    [{ a: { b: 1 } }, "{ a: [Object] }"],
    ["tomorrow", "'tomorrow'"],
  ])("is shown whatever it is: %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it("is short", () => {
    expect(shown("x".repeat(1e6)).length).toBeLessThan(200);
  });
});
