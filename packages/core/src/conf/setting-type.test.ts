import { describe, expect, it } from "vitest";
import {
  anyOf,
  bool,
  count,
  fromJson,
  integer,
  isPlainObject,
  map,
  nullable,
  number,
  oneOf,
  positive,
  text,
  textList,
} from "./setting-type.ts";

describe("bool", () => {
  it.each([true, "true", "True", "yes", "ON", "1", " 1 ", 1])("reads %j as true", (value) => {
    expect(bool.parse(value)).toBe(true);
  });

  it.each([false, "false", "no", "off", "0", 0])("reads %j as false", (value) => {
    expect(bool.parse(value)).toBe(false);
  });

  it.each(["maybe", "", 2, null, [], {}])("refuses %j", (value) => {
    expect(bool.parse(value)).toBeUndefined();
  });
});

describe("number", () => {
  it.each([
    ["1.5", 1.5],
    ["-2", -2],
    [".5", 0.5],
    ["1e3", 1000],
    ["inf", Number.POSITIVE_INFINITY],
    ["Infinity", Number.POSITIVE_INFINITY],
    [7, 7],
  ])("reads %j", (value, expected) => {
    expect(number.parse(value)).toBe(expected);
  });

  it.each(["", "four", "0x10", "1,5", Number.NaN, true, null])("refuses %j", (value) => {
    expect(number.parse(value)).toBeUndefined();
  });
});

it("tells whole numbers from others", () => {
  expect([integer.parse("-4"), integer.parse(4.5), integer.parse(2 ** 60)]).toEqual([
    -4,
    undefined,
    undefined,
  ]);
  expect([count.parse(0), count.parse(-1)]).toEqual([0, undefined]);
  expect([positive.parse("1"), positive.parse(0)]).toEqual([1, undefined]);
});

it("takes one of the words or numbers listed, numbers also as text", () => {
  const protocol = oneOf(1, 2);
  expect([protocol.parse(2), protocol.parse("1"), protocol.parse(3)]).toEqual([2, 1, undefined]);
  expect(oneOf("classic", "quorum").parse("stream")).toBeUndefined();
  expect(oneOf("classic", "quorum").name).toBe('"classic" or "quorum"');
});

describe("nullable", () => {
  it.each([null, "none", "None", "null", ""])("reads %j as null", (value) => {
    expect(nullable(number).parse(value)).toBeNull();
  });

  it("leaves the word none to a type of texts", () => {
    expect(nullable(text).parse("none")).toBe("none");
  });

  it("refuses what the type refuses", () => {
    expect(nullable(number).parse("four")).toBeUndefined();
  });
});

describe("textList", () => {
  it.each([
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [new Set(["json", "yaml"]), ["json", "yaml"]],
    ["json, yaml,", ["json", "yaml"]],
    ['["a,b", "c"]', ["a,b", "c"]],
    ["", []],
  ])("reads %j", (value, expected) => {
    expect(textList.parse(value)).toEqual(expected);
  });

  it.each([[["a", 1]], [7], ["[1]"]])("refuses %j", (value) => {
    expect(textList.parse(value)).toBeUndefined();
  });
});

describe("map", () => {
  it("reads JSON text", () => {
    expect(map.parse('{"visibility_timeout": 60}')).toEqual({ visibility_timeout: 60 });
  });

  it("is independent of the object it was read from", () => {
    const original: Record<string, unknown> = { a: 1 };
    const read = map.parse(original);
    original["a"] = 2;
    expect(read).toEqual({ a: 1 });
  });

  it("keeps a key named __proto__ without effect", () => {
    const read = map.parse('{"__proto__": {"polluted": true}}');
    expect((read as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(read ?? {})).toEqual(["__proto__"]);
  });

  it.each([[[1]], ["{broken"], [new Date()], [null]])("refuses %j", (value) => {
    expect(map.parse(value)).toBeUndefined();
  });
});

it("tries several types in turn", () => {
  const type = anyOf(bool, map);
  expect([type.parse("yes"), type.parse({ ca: "x" }), type.parse("x")]).toEqual([
    true,
    { ca: "x" },
    undefined,
  ]);
  expect(type.name).toBe("boolean or map");
});

it("leaves text that is no JSON as it is", () => {
  expect(fromJson("[broken")).toBe("[broken");
  expect(fromJson("42")).toBe("42");
});

it("takes only objects without a class for plain", () => {
  expect([
    isPlainObject({}),
    isPlainObject(Object.create(null)),
    isPlainObject([]),
    isPlainObject(new Map()),
  ]).toEqual([true, true, false, false]);
});
