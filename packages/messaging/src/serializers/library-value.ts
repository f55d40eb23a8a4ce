import { maxDepth, tooDeep } from "./depth.ts";
import { DecodeError } from "./errors.ts";
import { setOwn } from "./plain-value.ts";
import { PlainDate } from "./typed-values.ts";

/**
 * What a library decoded, in our forms: integers are numbers where they fit and else BigInt, bytes are Buffers, sets
 * are arrays, and map keys become strings as in JSON. Dates stay.
 *
 * @throws {DecodeError} when the value nests too deep or has a map key that is a collection
 */
export function fromLibraryValue(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return isSafe(value) ? Number(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date || value instanceof PlainDate) return value;
  if (depth >= maxDepth) throw tooDeep();
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map((item) => fromLibraryValue(item, depth + 1));
  if (value instanceof Set) return [...value].map((item) => fromLibraryValue(item, depth + 1));
  const object: Record<string, unknown> = {};
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [key, item] of entries) setOwn(object, keyText(key), fromLibraryValue(item, depth + 1));
  return object;
}

function keyText(key: unknown): string {
  if (key instanceof Date) return key.toISOString();
  if (typeof key !== "object" || key === null || key instanceof PlainDate) return String(key);
  throw new DecodeError("a map key is itself a collection. Send keys that are text or numbers.");
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}
