import { isUtf8 } from "node:buffer";
import { formatPythonDatetime, parsePythonDatetime } from "./python-datetime.ts";
import { Decimal, PlainDate, PlainTime, Uuid } from "./typed-values.ts";

/**
 * A class whose instances travel as `{"__type__": marker, "__value__": …}`, the form of kombu's `register_type`.
 * Readers that do not know the marker fail (Python) or see the plain object (Q): register it on both sides.
 */
export interface JsonType<T = unknown> {
  readonly marker: string;
  readonly type: abstract new (...args: never[]) => T;
  /** Leaves some instances to other types of the same class. */
  matches?(value: T): boolean;
  /** Returns plain data; typed values inside it are encoded in turn. */
  encode(value: T): unknown;
  /** Receives the decoded `__value__`. What it throws becomes a `DecodeError`. */
  decode(value: unknown): T;
}

/** Types the parameters of one {@link JsonType} from its class. */
export function jsonType<T>(type: JsonType<T>): JsonType {
  return type as JsonType;
}

/**
 * The types that Python's kombu 5.3 and later knows.
 *
 * @see kombu `utils/json.py`
 */
export const kombuTypes: readonly JsonType[] = [
  jsonType({
    marker: "datetime",
    type: Date,
    encode: formatPythonDatetime,
    decode: (value) => parsePythonDatetime(text(value)),
  }),
  // Bytes that are valid UTF-8 travel readable, others as base64, as from Python.
  jsonType<Uint8Array>({
    marker: "bytes",
    type: Uint8Array,
    matches: isUtf8,
    encode: (value) => asBuffer(value).toString(),
    decode: (value) => Buffer.from(text(value)),
  }),
  jsonType<Uint8Array>({
    marker: "base64",
    type: Uint8Array,
    encode: (value) => asBuffer(value).toString("base64"),
    decode: (value) => Buffer.from(text(value), "base64"),
  }),
  jsonType({
    marker: "date",
    type: PlainDate,
    encode: String,
    decode: (value) => PlainDate.parse(text(value)),
  }),
  jsonType({
    marker: "time",
    type: PlainTime,
    encode: String,
    decode: (value) => PlainTime.parse(text(value)),
  }),
  jsonType({ marker: "decimal", type: Decimal, encode: String, decode: decodeDecimal }),
  jsonType({ marker: "uuid", type: Uuid, encode: (value) => ({ hex: value.hex }), decode: decodeUuid }),
];

function decodeDecimal(value: unknown): Decimal {
  return new Decimal(typeof value === "number" || typeof value === "bigint" ? value : text(value));
}

function decodeUuid(value: unknown): Uuid {
  const isObject = typeof value === "object" && value !== null && "hex" in value;
  return new Uuid(text(isObject ? value.hex : value));
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`expected text, not ${typeof value}`);
}
