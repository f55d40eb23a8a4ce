import { isUtf8 } from "node:buffer";
import { asError } from "@q/kernel";
import { isTooDeep, maxDepth, tooDeep } from "./depth.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { parsePythonJson } from "./json-parser.ts";
import { type JsonType, kombuTypes } from "./json-types.ts";
import { hasLongInteger } from "./long-integer.ts";
import { setOwn, type SpecialForm, toPlainValue } from "./plain-value.ts";
import type { Serializer } from "./serializer.ts";

/** Options of {@link createJsonSerializer}. */
export interface JsonSerializerOptions {
  /** Further classes that keep their type on the wire. One with the marker of a built-in type replaces it. */
  readonly types?: readonly JsonType[];
}

/**
 * JSON as Celery's Python side reads and writes it: dates, bytes, decimals and UUIDs keep their type, BigInt is an
 * integer of any size, NaN and Infinity are allowed.
 *
 * A number too large to be exact (beyond 2^53) travels as a float, so that it comes back as a number; an integer
 * beyond 2^53 arrives as BigInt. A `Date` has milliseconds: Python's microseconds are cut.
 *
 * @see wire format: kombu `utils/json.py`
 */
export function createJsonSerializer(options: JsonSerializerOptions = {}): Serializer {
  const own = options.types ?? [];
  const types = [...own, ...kombuTypes.filter(({ marker }) => !own.some((type) => type.marker === marker))];
  const special = specialForm(types);
  const byMarker = new Map(types.map((type) => [type.marker, type]));

  return {
    name: "json",
    contentType: "application/json",
    contentEncoding: "utf-8",

    encode(value) {
      try {
        // The fast way is about ten times as fast, and nearly every body takes it.
        if (isOrdinary(value, 0)) return Buffer.from(JSON.stringify(value) ?? "null");
        return Buffer.from(writeJson(toPlainValue(value, special)));
      } catch (error) {
        if (error instanceof EncodeError) throw error;
        throw new EncodeError(`the value cannot be encoded as JSON: ${asError(error).message}`, {
          cause: error,
        });
      }
    },

    decode(body) {
      if (!isUtf8(body))
        throw new DecodeError("the body is not valid UTF-8. Check the content encoding of the sender.");
      const text = body.toString();
      if (isTooDeep(body, text)) throw tooDeep();
      const value = hasLongInteger(body) ? parsePythonJson(text) : parse(text);
      return text.includes('"__type__"') ? revive(value, byMarker) : value;
    },
  };
}

/** True when `JSON.stringify` gives exactly what we want. */
function isOrdinary(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
    case "object":
      return value === null || isOrdinaryObject(value, depth);
    default:
      return false;
  }
}

function isOrdinaryObject(value: object, depth: number): boolean {
  // Cycles end here, too; the slow way then says what is wrong.
  if (depth >= maxDepth) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isOrdinary(value[i], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    if (key === "__type__" || key === "toJSON" || key === "__json__") return false;
    if (!isOrdinary((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

function specialForm(types: readonly JsonType[]): SpecialForm {
  return (value, copy) => {
    if (typeof value !== "object") return undefined;
    // The app's own types come first, so that a subclass of a built-in type can have its own form.
    const type = types.find(
      (candidate) => value instanceof candidate.type && (candidate.matches?.(value) ?? true),
    );
    if (type !== undefined) return { as: { __type__: type.marker, __value__: copy(type.encode(value)) } };
    if (hasTypedShape(value instanceof Map ? Object.fromEntries(value) : value)) {
      throw new EncodeError(
        "an object with exactly the keys __type__ and __value__ would be taken for a typed value by every reader. " +
          "Rename a key, or register the class with createJsonSerializer({ types }).",
      );
    }
    return undefined;
  };
}

function hasTypedShape(value: object): value is { __type__: unknown; __value__: unknown } {
  return "__type__" in value && "__value__" in value && Object.keys(value).length === 2;
}

/** JSON text of a plain value, with BigInt, NaN and Infinity as Python writes them. */
function writeJson(value: unknown): string {
  if (typeof value === "number") return writeNumber(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item)}`)
    .join(",")}}`;
}

function writeNumber(value: number): string {
  const text = String(value);
  // Without the fraction it would be read as an exact integer, which it is not.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parsePythonJson(text);
  }
}

/** Replaces typed objects by their values, the innermost first. Unknown markers stay as they are. */
function revive(value: unknown, types: ReadonlyMap<unknown, JsonType>): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const [key, item] of Object.entries(value)) {
    const revived = revive(item, types);
    if (revived !== item) setOwn(value as Record<string, unknown>, key, revived);
  }
  if (!hasTypedShape(value)) return value;
  const type = types.get(value.__type__);
  if (type === undefined) return value;
  try {
    return type.decode(value.__value__);
  } catch (error) {
    throw new DecodeError(`the value of type "${type.marker}" is not valid: ${asError(error).message}`, {
      cause: error,
    });
  }
}
