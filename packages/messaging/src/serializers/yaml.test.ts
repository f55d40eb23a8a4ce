import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "./errors.ts";
import type { Serializer } from "./serializer.ts";
import { Decimal, PlainDate } from "./typed-values.ts";
import { loadYamlSerializer } from "./yaml.ts";

let yaml: Serializer;
beforeAll(async () => {
  yaml = await loadYamlSerializer();
});
const write = (value: unknown): string => yaml.encode(value).toString();
const read = (text: string): unknown => yaml.decode(Buffer.from(text));

describe("yaml serializer", () => {
  it.each([
    ["[yes, No, on, OFF, true]", [true, false, true, false, true]],
    ["[y, n, Y, N]", ["y", "n", "Y", "N"]],
    [
      "[1e5, 1.5e3, -.5, 089, 01:30, 2001-1-2, 0o7, .]",
      ["1e5", "1.5e3", "-.5", "089", "01:30", "2001-1-2", "0o7", "."],
    ],
    ["[1.0e+22, 1.5e-9, .5, 1_000, 010, 0x1F, 0b11, 1:30]", [1e22, 1.5e-9, 0.5, 1000, 8, 31, 3, 90]],
    ["[.inf, -.inf, .nan, ~, null]", [Infinity, -Infinity, NaN, null, null]],
    [
      "[2001-01-02, 2001-12-14 21:59:43.10 -5]",
      [new PlainDate(2001, 1, 2), new Date("2001-12-15T02:59:43.100Z")],
    ],
    ["[123456789012345678901234567890, 5]", [123456789012345678901234567890n, 5]],
    ["!!binary aGk=", Buffer.from("hi")],
    ["!!set {a, b}", ["a", "b"]],
    ["!!omap [a: 1, b: 2]", { a: 1, b: 2 }],
    ["{1: a, null: b, true: c, 2001-01-02: d}", { "1": "a", null: "b", true: "c", "2001-01-02": "d" }],
    ["a: &a {x: 1}\nb: {<<: *a, z: 2}", { a: { x: 1 }, b: { x: 1, z: 2 } }],
    ["a: 1\na: 2", { a: 2 }],
    ["", null],
  ])("reads %j as PyYAML does", (text, value) => expect(read(text)).toEqual(value));

  it.each([
    ["a Python object", '!!python/object/apply:os.system ["true"]'],
    ["a tag of one's own", "!mine 1"],
    ["two documents", "a: 1\n---\nb: 2"],
    ["a collection as key", "? {a: 1}\n: 2"],
    ["an alias of nothing", "*a"],
    ["an alias inside its own anchor", "&a [*a]"],
    ["an open bracket", "[1"],
    ["a bomb of aliases", bomb()],
  ])("refuses %s", (_, text) => expect(() => read(text)).toThrow(DecodeError));

  it.each(["[", "{a: ", "- ", "? ", "a: ", "[? ", "[a: "])(
    "refuses deep nesting of %j without a crash",
    (opening) => {
      expect(() => read(opening.repeat(5000))).toThrow(DecodeError);
    },
  );

  it("refuses to encode deep nesting without a crash", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 400; i++) deep = [deep];
    expect(() => yaml.encode(deep)).toThrow(EncodeError);
  });

  it("writes floats so that PyYAML sees floats, and text so that it sees text", () => {
    expect(write([1e-9, 1e22, 2 ** 60, NaN])).toBe("- 1.0e-9\n- 1.0e+22\n- 1152921504606847000.0\n- .nan\n");
    expect(write(["1e5", "yes", "1:30", "a\nb"])).toBe('- "1e5"\n- "yes"\n- "1:30"\n- "a\\nb"\n');
    expect(write(["<<", { "<<": { a: 1 } }])).toBe('- "<<"\n- "<<":\n    "a": 1\n');
    expect(write([new Date(0), new PlainDate(2026, 1, 2)])).toBe(
      "- 1970-01-01T00:00:00.000Z\n- 2026-01-02\n",
    );
    expect(write({ price: new Decimal("1.10") })).toBe('"price": "1.10"\n');
  });

  it("decodes what it encodes", () => {
    const value = fc.jsonValue({ stringUnit: "binary", maxDepth: 4 });
    fc.assert(
      fc.property(value, (any) => {
        // YAML has no lone surrogates and no negative zero that survives.
        const plain: unknown = JSON.parse(JSON.stringify(any).replace(/\\u[dD][89a-fA-F]../g, ""));
        expect(read(write(plain))).toEqual(plain);
      }),
    );
  });
});

function bomb(): string {
  const levels = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [name, last] of ["ba", "cb", "dc", "ed"]) {
    levels.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join(", ")}]`);
  }
  return levels.join("\n");
}
