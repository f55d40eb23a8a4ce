import { asError } from "@q/kernel";
import type { Address, MessageProperties, WireMessage } from "../../contracts.ts";
import { MalformedMessageError, PublishError } from "../../errors.ts";
import type { SqlValue } from "./sqlite-driver.ts";

/** A message and where it was published to, as it is read from a row. */
export interface OpenedEnvelope extends Address {
  readonly message: WireMessage;
  readonly malformed: MalformedMessageError | undefined;
}

/**
 * Everything of a message but its body, as JSON text.
 *
 * @throws {PublishError} when headers or properties hold what JSON cannot, such as a BigInt
 */
export function writeEnvelope({ body: _, ...rest }: WireMessage, to: Address): string {
  try {
    return JSON.stringify({ exchange: to.exchange, routingKey: to.routingKey, ...rest });
  } catch (error) {
    throw new PublishError("the message was not sent: its headers or properties cannot be written as JSON.", {
      sent: "no",
      cause: asError(error),
    });
  }
}

/** Never throws: a row that cannot be read gives a malformed message with the raw body. */
export function readEnvelope(envelope: SqlValue | undefined, body: SqlValue | undefined): OpenedEnvelope {
  try {
    if (typeof envelope !== "string" || !Buffer.isBuffer(body))
      throw new TypeError("a column has the wrong type");
    const { exchange, routingKey, contentType, contentEncoding, headers, properties } = checked(
      JSON.parse(envelope),
    );
    return {
      exchange,
      routingKey,
      malformed: undefined,
      message: { body, contentType, contentEncoding, headers, properties },
    };
  } catch (error) {
    const malformed = new MalformedMessageError("a row of the message table is not an envelope of Q.", {
      cause: asError(error),
    });
    const message = {
      body: bytesOf(body),
      contentType: "",
      contentEncoding: "",
      headers: {},
      properties: {},
    };
    return { exchange: "", routingKey: "", malformed, message };
  }
}

interface Envelope extends Address {
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: MessageProperties;
}

function checked(value: unknown): Envelope {
  if (!isObject(value)) throw new TypeError("the envelope is not an object");
  for (const name of ["exchange", "routingKey", "contentType", "contentEncoding"]) {
    if (typeof value[name] !== "string") throw new TypeError(`"${name}" is not a text`);
  }
  for (const name of ["headers", "properties"]) {
    if (!isObject(value[name])) throw new TypeError(`"${name}" is not an object`);
  }
  return value as unknown as Envelope;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bytesOf(value: SqlValue | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? ""));
}
