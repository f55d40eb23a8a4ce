import { describe, expect, it } from "vitest";
import type { DriverMessage } from "./amqp-driver.ts";
import { deliveryCount, fromDriver, toDriver } from "./amqp-properties.ts";

/** A received message as the driver hands it over: every property is a key, the absent ones undefined. */
function received(properties: Record<string, unknown>): DriverMessage {
  const absent = {
    contentType: undefined,
    contentEncoding: undefined,
    headers: undefined,
    priority: undefined,
  };
  return {
    content: Buffer.from("x"),
    fields: {},
    properties: { ...absent, ...properties },
  } as unknown as DriverMessage;
}

describe("fromDriver", () => {
  it("leaves absent properties absent", () => {
    const message = fromDriver(received({ correlationId: "1", deliveryMode: 2, priority: 0 }));
    expect(message.properties).toStrictEqual({ correlationId: "1", deliveryMode: 2, priority: 0 });
  });

  it("assumes what kombu assumes of a bare message", () => {
    expect(fromDriver(received({}))).toStrictEqual({
      body: Buffer.from("x"),
      contentType: "application/data",
      contentEncoding: "utf-8",
      headers: {},
      properties: {},
    });
  });
});

describe("toDriver", () => {
  it("keeps absent properties absent and times as text", () => {
    const options = toDriver({
      body: Buffer.alloc(0),
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: { shadow: null },
      properties: { expiration: "5000" },
    });
    const set = Object.entries(options).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(set)).toEqual({
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: { shadow: null },
      expiration: "5000",
      mandatory: false,
    });
  });
});

describe("deliveryCount", () => {
  it("reads the counters of quorum queues", () => {
    expect(deliveryCount({ "x-delivery-count": 2 })).toBe(2);
    expect(deliveryCount({ "x-delivery-count": 0, "x-acquired-count": 3 })).toBe(3);
    expect(deliveryCount({})).toBeUndefined();
  });
});
