import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../serializers/errors.ts";
import type { Serializer } from "../serializers/serializer.ts";

/** Makes the serializer under test. */
export type OpenSerializer = () => Promise<Serializer>;

/** What a case can ask of a serializer: any JSON value, or that values of a kind come back as that kind. */
export type SerializerNeed = "values" | "dates" | "bytes" | "bigIntegers";

/** One promise of the contract, for any test runner: `it(title, () => run(open))`. */
export interface SerializerCase {
  readonly title: string;
  /** Skip the case when the serializer does not support all of these. */
  readonly needs?: readonly SerializerNeed[];
  /** Rejects with an `AssertionError` when the promise is broken. */
  readonly run: (open: OpenSerializer) => Promise<void>;
}

/** The body of a task message: what a serializer is for. */
const taskBody = [
  [
    2,
    -7,
    1.5,
    "text",
    'it\'s "quoted" \\ \n\t',
    true,
    false,
    null,
    2 ** 31,
    Number.MAX_SAFE_INTEGER,
    1e-9,
    1e22,
  ],
  {
    é: "日本",
    emoji: "😀",
    "": "",
    nested: { list: [[], [{}], [[1]]] },
    yes: "yes",
    "1": "1e5",
    date: "2026-01-02",
  },
  { callbacks: null, errbacks: null, chain: null, chord: null },
];

/** What every {@link Serializer} promises, as cases for any test runner. */
export const serializerContract: readonly SerializerCase[] = [
  {
    title: "tells its name, content type and encoding",
    async run(open) {
      const serializer = await open();
      assert.match(serializer.name, /^[a-z][\w.-]*$/);
      assert.match(serializer.contentType, /^[a-z]+\/[a-z0-9.+-]+$/);
      assert.ok(["utf-8", "binary"].includes(serializer.contentEncoding), serializer.contentEncoding);
    },
  },
  {
    title: "gives back the body of a task message and leaves the original alone",
    needs: ["values"],
    async run(open) {
      const serializer = await open();
      const original = structuredClone(taskBody);
      assert.deepEqual(serializer.decode(serializer.encode(original)), taskBody);
      assert.deepEqual(original, taskBody);
    },
  },
  {
    title: "encodes undefined as null and leaves undefined properties out",
    needs: ["values"],
    async run(open) {
      const serializer = await open();
      assert.equal(serializer.decode(serializer.encode(undefined)), null);
      assert.deepEqual(serializer.decode(serializer.encode({ a: undefined, b: [undefined] })), { b: [null] });
    },
  },
  {
    title: "refuses with an EncodeError what it has no form for",
    needs: ["values"],
    async run(open) {
      const serializer = await open();
      const cycle: unknown[] = [];
      cycle.push({ cycle });
      for (const value of [cycle, () => 1, Symbol("s"), [Promise.resolve()], nested(100_000)]) {
        assert.throws(() => serializer.encode(value), EncodeError);
      }
    },
  },
  {
    title: "answers a damaged body with a DecodeError and nothing else",
    needs: ["values"],
    async run(open) {
      const serializer = await open();
      const body = serializer.encode(taskBody);
      for (let length = 0; length < body.length; length += 3) {
        for (const damaged of [
          body.subarray(0, length),
          withByte(body, length, 0xc1),
          withByte(body, length, 0x5b),
        ]) {
          decodeOrDecodeError(serializer, damaged);
        }
      }
    },
  },
  {
    title: "keeps a key named __proto__ away from prototypes",
    needs: ["values"],
    async run(open) {
      const serializer = await open();
      const hostile: unknown = JSON.parse(
        '[{"__proto__": {"polluted": true}, "a": {"__proto__": {"polluted": true}}}]',
      );
      const decoded = decodeOrDecodeError(serializer, serializer.encode(hostile));
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
      const [object] = (decoded ?? [{}]) as Record<string, unknown>[];
      assert.equal(object?.["polluted"], undefined);
      assert.equal((object?.["a"] as Record<string, unknown> | undefined)?.["polluted"], undefined);
    },
  },
  {
    title: "gives back a Date as a Date",
    needs: ["dates"],
    async run(open) {
      const serializer = await open();
      const dates = [new Date("2026-01-02T03:04:05.678Z"), new Date("2026-01-02T00:00:00Z"), new Date(-1)];
      assert.deepEqual(serializer.decode(serializer.encode(dates)), dates);
    },
  },
  {
    title: "gives back bytes as a Buffer",
    needs: ["bytes"],
    async run(open) {
      const serializer = await open();
      for (const bytes of [Buffer.alloc(0), Buffer.from("text é"), Buffer.from([0xff, 0x00, 0x80])]) {
        const decoded = serializer.decode(serializer.encode(bytes));
        assert.ok(Buffer.isBuffer(decoded));
        assert.deepEqual(decoded, bytes);
        assert.deepEqual(serializer.decode(serializer.encode(new Uint8Array(bytes))), bytes);
      }
    },
  },
  {
    title: "gives back an integer beyond 2^53 as a BigInt and a smaller one as a number",
    needs: ["bigIntegers"],
    async run(open) {
      const serializer = await open();
      const integers = [2n ** 53n + 1n, -(2n ** 62n) - 1n];
      assert.deepEqual(serializer.decode(serializer.encode(integers)), integers);
      assert.deepEqual(serializer.decode(serializer.encode([2 ** 40, 7n])), [2 ** 40, 7]);
    },
  },
];

function decodeOrDecodeError(serializer: Serializer, body: Buffer): unknown {
  try {
    return serializer.decode(body);
  } catch (error) {
    assert.ok(error instanceof DecodeError, `expected a DecodeError, got ${String(error)}`);
    return undefined;
  }
}

function withByte(body: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(body);
  copy[at] = byte;
  return copy;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
