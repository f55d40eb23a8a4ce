import type { TracePayload } from "../trace.ts";

/** Bodies of so many bytes or more travel as they are, beside their message: nobody copies them. */
const MAX_PACKED_BYTES = 4096;

/**
 * A payload on its way to an executor: one text, a line of JSON with the body behind it, a character per byte. To
 * clone the message with all its headers costs both sides twice as much. What JSON would change travels as it is.
 */
export type PackedPayload = string | TracePayload;

export function packPayload(payload: TracePayload): PackedPayload {
  const { message, deliveryInfo, reportResult } = payload;
  const { body, headers, properties, contentType, contentEncoding } = message;
  if (body.byteLength >= MAX_PACKED_BYTES || !isJson(headers) || !isJson(properties)) return payload;
  const fields = [headers, properties, contentType, contentEncoding, deliveryInfo, reportResult];
  return `${JSON.stringify(fields)}\n${body.toString("latin1")}`;
}

export function unpackPayload(packed: PackedPayload): TracePayload {
  if (typeof packed !== "string") return packed;
  const end = packed.indexOf("\n");
  const fields = JSON.parse(packed.slice(0, end)) as Fields;
  const [headers, properties, contentType, contentEncoding, deliveryInfo, reportResult] = fields;
  const body = Buffer.from(packed.slice(end + 1), "latin1");
  return { message: { body, headers, properties, contentType, contentEncoding }, deliveryInfo, reportResult };
}

type Message = TracePayload["message"];
type Fields = readonly [
  headers: Message["headers"],
  properties: Message["properties"],
  contentType: string,
  contentEncoding: string,
  deliveryInfo: TracePayload["deliveryInfo"],
  reportResult: boolean,
];

/** Whether a value is the same after it was written as JSON and read again. */
function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (Array.isArray(value) ? value.every(isJson) : isJsonObject(value));
    default:
      return false;
  }
}

function isJsonObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) if (!isJson((value as Record<string, unknown>)[name])) return false;
  return true;
}
