import { expect, it } from "vitest";
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
