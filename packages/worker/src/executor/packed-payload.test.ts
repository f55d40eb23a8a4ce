import { expect, it } from "vitest";
import { decodeEnvelope } from "@q/messaging/internal/envelope";
import type { TracePayload } from "../trace.ts";
import { packPayload, unpackPayload } from "./packed-payload.ts";

const payload = (message: Partial<TracePayload["message"]> = {}): TracePayload => ({
  message: {
    body: Buffer.from([0, 10, 13, 34, 92, 127, 128, 255]),
    contentType: "application/json",
    contentEncoding: "utf-8",
    headers: { id: "1", task: 'ü\n"\u2028\ud800', retries: 0, eta: null, timelimit: [null, 1.5] },
    properties: { correlationId: "1", priority: 0 },
    ...message,
  },
  deliveryInfo: { exchange: "", routingKey: "q", priority: 0, redelivered: false },
  reportResult: true,
});

it("packs a message into a text, and makes the same of it again", () => {
  for (const message of [{}, { body: Buffer.alloc(0) }, { headers: { stamps: { "": { a: [{}] } } } }]) {
    const packed = packPayload(payload(message));
    expect(packed).toBeTypeOf("string");
    expect(unpackPayload(packed)).toEqual(payload(message));
  }
});

it("sends the envelope that the message was read from, where there is one", () => {
  const headers = { id: "1", task: 'ü\n"', at: { __type__: "datetime", __value__: "1970-01-01T00:00:00Z" } };
  const properties = { correlation_id: "1", priority: 0, body_encoding: "base64", delivery_tag: "1" };
  const body = Buffer.from("[[1], {}, {}]").toString("base64");
  const envelope = JSON.stringify({
    body,
    headers,
    properties,
    "content-type": "application/json",
    "content-encoding": "utf-8",
  });
  const given = payload(decodeEnvelope(envelope, "q").message);
  expect(given.message.headers["at"]).toBeInstanceOf(Date);
  const packed = packPayload(given, envelope);
  expect(packed).toMatch(`\n${envelope}`);
  expect(unpackPayload(packed)).toEqual(given);
});

it("leaves alone headers that nest too deeply to be looked through", () => {
  let nested: unknown = [];
  for (let level = 0; level < 200_000; level++) nested = [nested];
  const deep = payload({ headers: { nested } });
  expect(packPayload(deep)).toBe(deep);
});

it("leaves alone what JSON would change, and large bodies", () => {
  const headers = [
    { at: new Date(0) },
    { big: 1n },
    { nan: NaN },
    { bytes: Buffer.from("x") },
    { deep: [{ undefined }] },
    { map: new Map() },
  ];
  const messages = [...headers.map((each) => ({ headers: each })), { body: Buffer.alloc(4096) }];
  for (const message of messages) {
    const given = payload(message);
    expect(packPayload(given)).toBe(given);
    expect(unpackPayload(given)).toBe(given);
  }
});
