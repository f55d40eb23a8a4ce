import { randomUUID } from "node:crypto";
import { asError } from "@q/kernel";
import type { Address, MessageProperties, WireMessage } from "../../contracts.ts";
import { MalformedMessageError } from "../../errors.ts";
import { createJsonSerializer } from "../../serializers/json.ts";

/** An envelope taken apart; `message` is the raw text as body when it is malformed. */
export interface Envelope {
  readonly message: WireMessage;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly malformed: MalformedMessageError | undefined;
}

type Json = Record<string, unknown>;

/** kombu's typed JSON, for the headers and envelopes that need more than `JSON`. */
const typedJson = createJsonSerializer();

/**
 * The text that is put into a list or published on a channel, with a fresh delivery tag.
 *
 * @see wire: kombu Redis transport, envelope
 */
export function encodeEnvelope(
  message: WireMessage,
  to: Address,
  bodyEncoding: "base64" | "utf-8" | null = "base64",
): string {
  const { body, properties, contentEncoding, contentType, headers } = message;
  // Few pieces, for each costs: the body has nothing to escape, and what is the same in most messages is kept written.
  return (
    `{"body": ${bodyEncoding === "base64" ? `"${body.toString("base64")}"` : JSON.stringify(body.toString())}` +
    `${writeContent(contentEncoding, contentType)}` +
    `${isOrdinary(headers) ? JSON.stringify(headers) : encodeJson(headers)}, ` +
    `"properties": {${encodeProperties(properties)}"delivery_info": ${writeAddress(to)}, ` +
    `"priority": ${encodePriority(properties.priority)}, "body_encoding": ` +
    `${bodyEncoding === "base64" ? '"base64"' : JSON.stringify(bodyEncoding)}, "delivery_tag": "${freshTag()}"}}`
  );
}

/** Begins the tags of this thread: a UUID but for its last 12 digits. */
const TAG_PREFIX = randomUUID().slice(0, 24);
let tagCount = 0;

/** A delivery tag that no other message has. Counting costs a tenth of a new UUID. */
function freshTag(): string {
  return TAG_PREFIX + (++tagCount).toString(16).padStart(12, "0");
}

let content = { encoding: "", type: "", text: "" };

/** What is between body and headers; kept for the next message. */
function writeContent(encoding: string, type: string): string {
  if (content.encoding !== encoding || content.type !== type) {
    const text = `, "content-encoding": ${JSON.stringify(encoding)}, "content-type": ${JSON.stringify(type)}, "headers": `;
    content = { encoding, type, text };
  }
  return content.text;
}

const toQueues = new Map<string, string>();
/** Queues of answers may be without number. */
const MAX_QUEUES = 1000;

/** The `delivery_info`; that of queues is kept. */
function writeAddress({ exchange, routingKey }: Address): string {
  const known = exchange === "" ? toQueues.get(routingKey) : undefined;
  if (known !== undefined) return known;
  const text = `{"exchange": ${JSON.stringify(exchange)}, "routing_key": ${JSON.stringify(routingKey)}}`;
  if (toQueues.size >= MAX_QUEUES) toQueues.clear();
  if (exchange === "") toQueues.set(routingKey, text);
  return text;
}

function encodePriority(priority: unknown): string {
  return typeof priority === "number" && Number.isFinite(priority) ? String(priority) : "0";
}

function encodeProperties(properties: MessageProperties): string {
  let text = "";
  for (const name in properties) {
    const value = properties[name];
    if (value === undefined || name === "priority" || isOfEnvelope(name)) continue;
    const json = typeof value === "object" ? encodeJson(value) : JSON.stringify(value);
    text += `"${wireName(name)}": ${json}, `;
  }
  return text;
}

/** A switch is twice as fast as a map here, and this runs for every property of every message. */
function wireName(name: string): string {
  switch (name) {
    case "correlationId":
      return "correlation_id";
    case "replyTo":
      return "reply_to";
    case "deliveryMode":
      return "delivery_mode";
    case "messageId":
      return "message_id";
    case "userId":
      return "user_id";
    case "appId":
      return "app_id";
    default:
      return JSON.stringify(name).slice(1, -1);
  }
}

/** {@link wireName} backwards. */
function ourName(name: string): string {
  switch (name) {
    case "correlation_id":
      return "correlationId";
    case "reply_to":
      return "replyTo";
    case "delivery_mode":
      return "deliveryMode";
    case "message_id":
      return "messageId";
    case "user_id":
      return "userId";
    case "app_id":
      return "appId";
    default:
      return name;
  }
}

/** True for members of `properties` that belong to the envelope and not to the message. */
function isOfEnvelope(name: string): boolean {
  return (
    name === "delivery_info" || name === "delivery_tag" || name === "body_encoding" || name === "__proto__"
  );
}

/** True when every JSON writer writes these headers alike. Nested further than one level is taken for "no". */
function isOrdinary(headers: Readonly<Json>): boolean {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return false;
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
    for (const key in value) {
      const item = (value as Json)[key];
      if ((typeof item === "object" && item !== null) || typeof item === "bigint") return false;
    }
  }
  return true;
}

function encodeJson(value: unknown): string {
  return Buffer.from(typedJson.encode(value)).toString();
}

/** Reads an envelope. What is not one comes back as malformed, with the reason; nothing is thrown. */
export function decodeEnvelope(text: string, queue: string): Envelope {
  try {
    const envelope = parse(text);
    const properties = objectOf(envelope["properties"], "properties");
    const headers = objectOf(envelope["headers"], "headers");
    const info = objectOf(properties["delivery_info"], "delivery_info");
    return {
      message: {
        body: decodeBody(envelope["body"], properties["body_encoding"]),
        contentType: textOf(envelope["content-type"], "application/data"),
        contentEncoding: textOf(envelope["content-encoding"], "utf-8"),
        headers,
        properties: decodeProperties(properties),
      },
      exchange: textOf(info["exchange"], ""),
      routingKey: textOf(info["routing_key"], queue),
      redelivered: info["redelivered"] === true || headers["redelivered"] === true,
      malformed: undefined,
    };
  } catch (thrown) {
    return malformedEnvelope(text, queue, asError(thrown));
  }
}

/** An envelope of which nothing can be used. */
export function malformedEnvelope(text: string, queue: string, cause: Error): Envelope {
  return {
    message: { body: Buffer.from(text), contentType: "", contentEncoding: "", headers: {}, properties: {} },
    exchange: "",
    routingKey: queue,
    redelivered: false,
    malformed: new MalformedMessageError(
      `an entry of the queue "${queue}" is no message: ${cause.message}. Find the program that wrote it.`,
      { cause },
    ),
  };
}

function parse(text: string): Json {
  return objectOf(
    text.includes('"__type__"') ? typedJson.decode(Buffer.from(text)) : parseJson(text),
    "the envelope",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Python also writes NaN and Infinity, which are no JSON.
    return typedJson.decode(Buffer.from(text));
  }
}

/** A missing object is an empty one: foreign producers leave out what they do not need. */
function objectOf(value: unknown, name: string): Json {
  if (value === undefined || value === null) {
    if (name === "the envelope") throw new TypeError("it is empty");
    return {};
  }
  if (typeof value === "object" && !Array.isArray(value)) return value as Json;
  throw new TypeError(`${name} is not an object`);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function decodeProperties(wire: Json): MessageProperties {
  const properties: Json = {};
  for (const name in wire) {
    const value = wire[name];
    // JSON has no "not set": kombu writes null for it.
    if (value === null || isOfEnvelope(name)) continue;
    properties[ourName(name)] = value;
  }
  return properties;
}

function decodeBody(body: unknown, encoding: unknown): Buffer {
  if (typeof body !== "string") throw new TypeError("its body is not text");
  if (encoding !== "base64") return Buffer.from(body);
  const bytes = Buffer.from(body, "base64");
  // The decoder of Node stops at the first wrong character without a word.
  if (bytes.length !== base64Length(body)) return decodeLooseBase64(body);
  return bytes;
}

/** Bytes that a text of that length and padding holds, or NaN when there is no such text. */
function base64Length(text: string): number {
  if (text.length % 4 !== 0) return NaN;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** Line breaks are allowed, as in Python. */
function decodeLooseBase64(body: string): Buffer {
  const compact = body.replace(/\s+/g, "");
  const bytes = Buffer.from(compact, "base64");
  if (bytes.length !== base64Length(compact))
    throw new TypeError("its body is not valid base64, or was cut off");
  return bytes;
}
