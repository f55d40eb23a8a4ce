import type { WireMessage } from "../../contracts.ts";
import type { DriverMessage, DriverPublishOptions } from "./amqp-driver.ts";
import { plainTable, typedTable } from "./field-table.ts";

/** What kombu assumes of a message that does not say. */
const DEFAULT_CONTENT_TYPE = "application/data";
const DEFAULT_CONTENT_ENCODING = "utf-8";

/** Property names that the driver and our own `MessageProperties` share. */
const shared = [
  "deliveryMode",
  "priority",
  "correlationId",
  "replyTo",
  "expiration",
  "messageId",
  "timestamp",
  "type",
  "userId",
  "appId",
] as const;

/** A received message in our terms. Properties that it does not have are absent, not `undefined`. */
export function fromDriver(received: DriverMessage): WireMessage {
  const given = received.properties;
  const properties: Record<string, unknown> = {};
  for (const name of shared) {
    if (given[name] !== undefined) properties[name] = given[name];
  }
  if (given.clusterId !== undefined) properties["cluster_id"] = given.clusterId;
  return {
    body: received.content,
    contentType: given.contentType ?? DEFAULT_CONTENT_TYPE,
    contentEncoding: given.contentEncoding ?? DEFAULT_CONTENT_ENCODING,
    headers: plainTable(given.headers),
    properties,
  };
}

/** What the driver is told about a message besides its body and its address. */
export function toDriver(message: WireMessage): DriverPublishOptions {
  const { properties } = message;
  return {
    contentType: message.contentType,
    contentEncoding: message.contentEncoding,
    headers: typedTable(message.headers),
    deliveryMode: properties.deliveryMode,
    priority: properties.priority,
    correlationId: properties.correlationId,
    replyTo: properties.replyTo,
    expiration: properties.expiration,
    messageId: properties.messageId,
    timestamp: properties.timestamp,
    type: properties.type,
    userId: properties.userId,
    appId: properties.appId,
    mandatory: properties["mandatory"] === true,
  } as DriverPublishOptions;
}

/**
 * Earlier deliveries as quorum queues count them. RabbitMQ 4 counts returns to the queue apart from failures;
 * `x-acquired-count` is then the number of all of them.
 */
export function deliveryCount(headers: Readonly<Record<string, unknown>>): number | undefined {
  const count = headers["x-acquired-count"] ?? headers["x-delivery-count"];
  return typeof count === "number" ? count : undefined;
}
