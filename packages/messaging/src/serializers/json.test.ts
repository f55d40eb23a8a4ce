import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "./errors.ts";
import { createJsonSerializer } from "./json.ts";
import { jsonType } from "./json-types.ts";
import { Decimal, PlainDate, PlainTime, Uuid } from "./typed-values.ts";

const json = createJsonSerializer();
const write = (value: unknown): string => json.encode(value).toString();
const read = (text: string): unknown => json.decode(Buffer.from(text));

/** What `work` gives, or `undefined` when it throws an error of the expected class; any other is thrown on. */
function unless<T>(expected: new (message: string) => Error, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof expected) return undefined;
    throw error;
  }
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../../test-integration/vectors/misc.json", import.meta.url), "utf8"),
) as {
  cases: { json_types: { encode: [string, unknown][]; decode_python_repr: [string, unknown][] } };
};

describe("the forms of kombu", () => {
  const uuid = new Uuid("12345678-1234-5678-1234-567812345678");
  /** Our value for each recorded name; what JavaScript cannot have is left out. */
  const values: Record<string, unknown> = {
    "datetime ms": [new Date("2026-01-02T03:04:05.600Z"), "+00:00"],
    "datetime utc": new Date("2026-01-02T03:04:05Z"),
    date: new PlainDate(2026, 1, 2),
    "date year 1": new PlainDate(1, 1, 1),
    time: new PlainTime({ hour: 3, minute: 4, second: 5 }),
    "time us": PlainTime.parse("03:04:05.00006"),
    "time tz": PlainTime.parse("03:04:05Z"),
    decimal: new Decimal("1.10"),
    "decimal exp": new Decimal("1E+5"),
    "decimal nan": new Decimal("NaN"),
    "decimal -0": new Decimal("-0"),
    uuid,
    bytes: Buffer.from("abc"),
    "bytes utf8": Buffer.from("é"),
    "bytes binary": Uint8Array.of(0xff, 0),
    "bytes empty": new Uint8Array(),
    tuple: [1, 2],
    nested: { a: [new PlainDate(2026, 1, 2), { b: new Decimal("2") }] },
    inf: Infinity,
    "-inf": -Infinity,
    nan: NaN,
  };

  it.each(vectors.cases.json_types.encode.filter(([name]) => name in values && name !== "datetime ms"))(
    "encodes %s as Python does",
    (name, text) => {
      const compact = (text as string).replace(/([:,]) /g, "$1").replace(String.raw`\u00e9`, "é");
      expect(write(values[name])).toBe(compact);
    },
  );

  it("writes milliseconds as six digits", () => {
    const text = '{"__type__":"datetime","__value__":"2026-01-02T03:04:05.600000+00:00"}';
    expect(write(new Date("2026-01-02T03:04:05.600Z"))).toBe(text);
  });

  const decoded = new Map<string, unknown>([
    ["datetime.datetime(2026, 1, 2, 3, 4, 5)", new Date("2026-01-02T03:04:05Z")],
    [
      "datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)",
      new Date("2026-01-02T03:04:05Z"),
    ],
    ["datetime.date(2026, 1, 2)", new PlainDate(2026, 1, 2)],
    ["datetime.time(3, 4, 5, 60)", PlainTime.parse("03:04:05.000060")],
    ["Decimal('1.10')", new Decimal("1.10")],
    ["UUID('12345678-1234-5678-1234-567812345678')", uuid],
    ["b'abc'", Buffer.from("abc")],
    [String.raw`b'\xff\x00'`, Buffer.from([0xff, 0])],
    ["{'__type__': 'x'}", { __type__: "x" }],
    ["{'__value__': 1}", { __value__: 1 }],
    [
      "{'__type__': 'decimal', '__value__': '1', 'extra': 1}",
      { __type__: "decimal", __value__: "1", extra: 1 },
    ],
    ["Decimal('5')", new Decimal("5")],
    ["[nan, inf, -inf]", [NaN, Infinity, -Infinity]],
    ["inf", Infinity],
    ["{'a': 2}", { a: 2 }],
    [String.raw`'\ud800'`, "\ud800"],
    ["1", 1],
    ["{'a': 1}", { a: 1 }],
  ]);
  /** More liberal than Python: a UUID as plain digits is read, and an unknown type stays a plain object. */
  const accepted = new Map<string, unknown>([
    ['{"__type__": "uuid", "__value__": "12345678123456781234567812345678"}', uuid],
    ['{"__type__": "nope", "__value__": 1}', { __type__: "nope", __value__: 1 }],
  ]);

  it.each(vectors.cases.json_types.decode_python_repr)("reads %j like Python's %j", (text, repr) => {
    const likePython = typeof repr === "string" ? decoded.get(repr) : "refused";
    const value = unless(DecodeError, () => read(text)) ?? "refused";
    expect(value).toEqual(accepted.get(text) ?? likePython);
  });

  it.each([
    ["2026-01-02T03:04:05.678901+02:00", "2026-01-02T01:04:05.678Z"],
    ["2026-01-02T03:04:05-03:30", "2026-01-02T06:34:05.000Z"],
    ["2026-01-02T03:04:05+01:01:01", "2026-01-02T02:03:04.000Z"],
    ["0001-01-01T00:00:00", "0001-01-01T00:00:00.000Z"],
  ])("reads the datetime %s", (text, iso) => {
    expect((read(`{"__type__":"datetime","__value__":"${text}"}`) as Date).toISOString()).toBe(iso);
  });

  it.each(["datetime", "date", "time", "decimal", "uuid", "bytes", "base64"])(
    "refuses a damaged %s",
    (marker) => {
      for (const value of ["{}", "[]", "null", '{"hex":"1"}']) {
        expect(() => read(`[{"__type__":"${marker}","__value__":${value}}]`)).toThrow(DecodeError);
      }
    },
  );

  it.each(["2026-02-30T00:00:00", "2026-01-02T24:00:00", "yesterday"])("refuses the datetime %s", (text) => {
    expect(() => read(`{"__type__":"datetime","__value__":"${text}"}`)).toThrow(DecodeError);
  });
});

describe("numbers", () => {
  it("keeps integers of any size exact", () => {
    expect(write(10n ** 40n)).toBe("1" + "0".repeat(40));
    expect(read(`[${10n ** 40n}, 9007199254740991, 9007199254740993, -9007199254740993]`)).toEqual([
      10n ** 40n,
      9007199254740991,
      9007199254740993n,
      -9007199254740993n,
    ]);
  });

  it("sends a number that is no longer exact as a float, so that it comes back as a number", () => {
    expect(write(2 ** 60)).toMatch(/^\d{19}\.0$/);
    expect(read(write([2 ** 60, 1e21, -(2 ** 70)]))).toEqual([2 ** 60, 1e21, -(2 ** 70)]);
  });

  it("does not take the digits of a fraction or of a text for an integer", () => {
    const text = '[0.5234567890123456,"12345678901234567890"]';
    expect(read(text)).toEqual([0.5234567890123456, "12345678901234567890"]);
    expect(JSON.stringify(read(text))).toBe(text);
  });

  it("refuses an integer that takes too long to read", () => {
    expect(() => read("1".repeat(5000))).toThrow(DecodeError);
  });
});

describe("what is refused when decoding", () => {
  const texts = [
    "//x\n1",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    '"a\nb"',
    "[1 2]",
    "1 1",
    "nul",
    "+1",
    ".5",
    "1.",
    "0x1",
    "-",
    '"\\x"',
    "\u00a01",
  ];
  // The second form takes the slow parser all the way.
  it.each(texts)("%j", (text) => {
    expect(() => read(text)).toThrow(DecodeError);
    expect(() => read(`[12345678901234567890, ${text}]`)).toThrow(DecodeError);
  });

  it("invalid UTF-8", () => {
    expect(() => json.decode(Buffer.from([0x22, 0xff, 0x22]))).toThrow(DecodeError);
  });

  it.each(["[", '{"a":', "[NaN,["])("nesting of %s beyond 500 levels", (opening) => {
    const closing = opening.includes("{") ? "}" : "]".repeat(opening.split("[").length - 1);
    const nest = (levels: number): string => opening.repeat(levels) + "1" + closing.repeat(levels);
    expect(() => read(nest(200))).not.toThrow();
    expect(() => read(nest(501))).toThrow(/nests deeper/);
    expect(() => read(nest(100_000))).toThrow(/nests deeper/);
    expect(() => read(opening.repeat(100_000))).toThrow(DecodeError);
  });

  it("but not many brackets side by side, or in text", () => {
    const wide = { list: Array.from({ length: 5000 }, () => [{}]), text: '[{"\\'.repeat(3000) };
    expect(read(write(wide))).toEqual(wide);
  });

  it("a deep value from deep inside other code, with an error and not a crash", () => {
    const text = "[".repeat(500) + "12345678901234567890" + "]".repeat(500);
    const within = (frames: number): unknown => (frames === 0 ? write(read(text)) : within(frames - 1));
    expect(within(1000)).toBe(text);
  });
});

describe("what is refused when encoding", () => {
  it("user data that has the shape of a typed value", () => {
    const shaped = { __type__: "date", __value__: 1 };
    for (const value of [shaped, [{ a: shaped }], new Map(Object.entries(shaped))]) {
      expect(() => json.encode(value)).toThrow(EncodeError);
    }
    expect(read(write({ ...shaped, other: 1 }))).toEqual({ ...shaped, other: 1 });
  });

  it("says where the value is", () => {
    expect(() => json.encode({ args: [1, { callback: () => 1 }] })).toThrow(
      /a function at args\.1\.callback/,
    );
    expect(() => json.encode([Promise.resolve()])).toThrow(/a Promise \(is an await missing\?\) at 0/);
  });

  it.each([[new Error("x")], [/x/], [new Map([[1, 2]])], [new Date(NaN)], [new WeakMap()]])("%o", (value) => {
    expect(() => json.encode(value)).toThrow(EncodeError);
  });

  it("what throws while it is looked at", () => {
    const hostile = {
      get now() {
        throw new Error("no");
      },
    };
    expect(() => json.encode(hostile)).toThrow(EncodeError);
  });
});

describe("values with a form of their own", () => {
  it("encodes maps, sets, number arrays, boxed values and objects with toJSON or __json__", () => {
    const value = {
      map: new Map([["a", new Set([1, 2])]]),
      floats: Float32Array.of(0.5, 2),
      boxed: Object("text") as unknown,
      url: new URL("http://localhost/"),
      own: { __json__: () => ({ today: new PlainDate(2026, 1, 2) }) },
      plain: new (class Point {
        x = 1;
      })(),
      bare: Object.assign(Object.create(null), { y: 2n }),
      // oxlint-disable-next-line no-sparse-arrays -- a hole is what is tested
      holes: [, 1n],
      self: new (class Document {
        z = 1;
        toJSON() {
          return this;
        }
      })(),
    };
    expect(write(value)).toBe(
      '{"map":{"a":[1,2]},"floats":[0.5,2],"boxed":"text","url":"http://localhost/",' +
        '"own":{"today":{"__type__":"date","__value__":"2026-01-02"}},"plain":{"x":1},"bare":{"y":2},"holes":[null,1],' +
        '"self":{"z":1}}',
    );
  });

  it("keeps the type of registered classes, also nested ones and subclasses of built-in types", () => {
    class Money {
      readonly amount: Decimal;
      readonly currency: string;
      constructor(amount: Decimal, currency: string) {
        this.amount = amount;
        this.currency = currency;
      }
    }
    class Blob extends Uint8Array {}
    const own = createJsonSerializer({
      types: [
        jsonType({
          marker: "money",
          type: Money,
          encode: ({ amount, currency }) => ({ amount, currency }),
          decode: (value) => {
            const { amount, currency } = value as { amount: Decimal; currency: string };
            return new Money(amount, currency);
          },
        }),
        jsonType({
          marker: "blob",
          type: Blob,
          encode: (blob) => [...blob],
          decode: (v) => Blob.from(v as number[]),
        }),
      ],
    });
    const body = own.encode([new Money(new Decimal("1.10"), "EUR"), Blob.of(1, 2), Buffer.of(3)]);
    const [money, blob, bytes] = own.decode(body) as [Money, Blob, Buffer];
    expect(money).toBeInstanceOf(Money);
    expect(String(money.amount)).toBe("1.10");
    expect(blob).toBeInstanceOf(Blob);
    expect([...blob, ...bytes]).toEqual([1, 2, 3]);
    expect(read(body.toString())).toMatchObject([{ __type__: "money" }, { __type__: "blob" }, Buffer.of(3)]);
  });
});

describe("properties", () => {
  const values = fc.anything({
    withBigInt: true,
    withDate: true,
    maxDepth: 4,
    key: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "toString", "a")),
    values: [
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.bigInt(),
    ],
  });

  it("decodes what it encodes", () => {
    fc.assert(
      fc.property(values, (value) => {
        const body = unless(EncodeError, () => json.encode(value)) ?? Buffer.from("null");
        expect(json.encode(json.decode(body)).toString()).toBe(body.toString());
      }),
    );
  });

  it("agrees with JSON on every JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        // Integers that JSON.parse would round are ours to read better.
        fc.pre(!/(?<![.\d])\d{16}/.test(text));
        expect(read(write(value))).toEqual(JSON.parse(text));
        // Once more through the slow parser.
        expect(read(`[12345678901234567890,${text}]`)).toEqual([12345678901234567890n, JSON.parse(text)]);
      }),
    );
  });

  it("reads any bytes or fails with a DecodeError", () => {
    const noise = fc.oneof(
      fc.uint8Array(),
      fc.stringMatching(/^[[\]{}",:0-9eE.+\-\\ untrfalsNI]{0,40}$/).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(noise, (bytes) => {
        unless(DecodeError, () => json.decode(Buffer.from(bytes)));
      }),
    );
  });
});
