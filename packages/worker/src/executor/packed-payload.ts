import { decodeEnvelope } from "@q/messaging/internal/envelope";
import type { TracePayload } from "../trace.ts";

/** Bodies of so many bytes or more travel as they are, beside their message: nobody copies them. */
const MAX_PACKED_BYTES = 4096;

/**
 * A payload on its way to an executor: one text, a line of JSON with the message's own envelope behind it, or with its
 * body, a character per byte. To clone the message with all its headers costs both sides twice as much. What JSON would
 * change travels as it is.
 */
export type PackedPayload = string | TracePayload;

/** `envelope` is what the message was read from, where it has one: then it need not be written again. */
export function packPayload(payload: TracePayload, envelope?: string): PackedPayload {
  const { message, deliveryInfo, reportResult } = payload;
  const { body, headers, properties, contentType, contentEncoding } = message;
  if (body.byteLength >= MAX_PACKED_BYTES) return payload;
  if (envelope !== undefined) return `${JSON.stringify([deliveryInfo, reportResult])}\n${envelope}`;
  try {
    if (!isJson(headers) || !isJson(properties)) return payload;
    const fields = [deliveryInfo, reportResult, headers, properties, contentType, contentEncoding];
    return `${JSON.stringify(fields)}\n${body.toString("latin1")}`;
  } catch {
    // Headers that nest too deeply for the stack: the pool says so, as of all that it cannot send.
    return payload;
  }
}

export function unpackPayload(packed: PackedPayload): TracePayload {
  if (typeof packed !== "string") return packed;
  const end = packed.indexOf("\n");
  const fields = JSON.parse(packed.slice(0, end)) as Fields;
  const rest = packed.slice(end + 1);
  const [deliveryInfo, reportResult, headers, properties, contentType, contentEncoding] = fields;
  if (headers === undefined)
    return { message: decodeEnvelope(rest, deliveryInfo.routingKey).message, deliveryInfo, reportResult };
  const body = Buffer.from(rest, "latin1");
  return { message: { body, headers, properties, contentType, contentEncoding }, deliveryInfo, reportResult };
}

type Message = TracePayload["message"];
type Start = readonly [deliveryInfo: TracePayload["deliveryInfo"], reportResult: boolean];
type Fields =
  | readonly [
      ...Start,
      headers: Message["headers"],
      properties: Message["properties"],
      contentType: string,
      contentEncoding: string,
    ]
  | readonly [
      ...Start,
      headers?: undefined,
      properties?: never,
      contentType?: never,
      contentEncoding?: never,
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
