import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { WireMessage } from "../../contracts.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";

type Case = { readonly redis?: Readonly<Record<string, unknown>> };

function vectors(file: string): unknown {
  return JSON.parse(
    readFileSync(new URL(`../../../../../test-integration/vectors/${file}`, import.meta.url), "utf8"),
  );
}

function entriesOf(file: string): { queue: string; text: string }[] {
  const { cases } = vectors(file) as { cases: readonly Case[] };
  return cases.flatMap(({ redis = {} }) =>
    Object.entries(redis).flatMap(([key, entries]) =>
      Array.isArray(entries)
        ? entries.map((text) => ({ queue: key.split("\x06\x16")[0] ?? "", text: String(text) }))
        : [],
    ),
  );
}

const message: WireMessage = {
  body: Buffer.from('[[2, 3], {}, {"chord": null}]'),
  contentType: "application/json",
  contentEncoding: "utf-8",
  headers: { task: "t.add", id: "1", eta: null, timelimit: [null, 5], stamps: {} },
  properties: { correlationId: "1", replyTo: "r", deliveryMode: 2, priority: 3 },
};
const to = { exchange: "", routingKey: "celery" };

describe("decodeEnvelope", () => {
  for (const file of [
    "messages_redis.json",
    "messages_redis_5.2.6.json",
    "messages_redis_5.6.3.json",
    "messages_random.json",
  ]) {
    it(`reads every envelope of ${file} as Python wrote it`, () => {
      const entries = entriesOf(file);
      expect(entries.length).toBeGreaterThan(100);
      for (const { queue, text } of entries) {
        const raw = JSON.parse(text);
        const envelope = decodeEnvelope(text, queue);
        expect(envelope.malformed).toBeUndefined();
        expect(envelope.message.contentType).toBe(raw["content-type"]);
        expect(envelope.message.contentEncoding).toBe(raw["content-encoding"]);
        expect(envelope.message.body.toString("base64")).toBe(raw.body);
        expect(envelope.message.properties.correlationId).toBe(raw.properties.correlation_id ?? undefined);
        expect(envelope.message.properties.priority).toBe(raw.properties.priority);
        expect(envelope.routingKey).toBe(raw.properties.delivery_info.routing_key);
        // Typed values are revived, so that only the names are the same.
        const isTyped = text.includes("__type__");
        const comparable = (headers: object): unknown => (isTyped ? Object.keys(headers) : headers);
        expect(comparable(envelope.message.headers)).toEqual(comparable(raw.headers));
      }
    });
  }

  it("takes whatever a foreign producer sends for a message or for malformed, and never throws", () => {
    const { cases } = vectors("tolerance_redis.json") as {
      cases: readonly { name: string; entry: string }[];
    };
    const malformed = cases.filter(({ entry }) => decodeEnvelope(entry, "celery").malformed !== undefined);
    expect(malformed.map(({ name }) => name)).toEqual(["not_json"]);
  });

  it.each([
    ["no object", "[1]"],
    ["no text at all", ""],
    ["null", "null"],
    ["a body that is an object", '{"body": {}, "properties": {}}'],
    ["no body", '{"properties": {"body_encoding": "base64"}}'],
    ["headers that are a list", '{"body": "", "headers": [], "properties": {}}'],
    ["base64 that was cut off", '{"body": "W1sxLCA", "properties": {"body_encoding": "base64"}}'],
    ["base64 with strange characters", '{"body": "W1s!!CAy", "properties": {"body_encoding": "base64"}}'],
    ["JSON that was cut off", '{"body": "W1sxLCAy", "prop'],
  ])("calls malformed: %s", (_title, text) => {
    const { malformed, message: raw } = decodeEnvelope(text, "q");
    expect(malformed?.code).toBe("ERR_Q_MALFORMED_MESSAGE");
    expect(raw.body.toString()).toBe(text);
  });

  it("decodes base64 only where it is announced", () => {
    expect(decodeEnvelope('{"body": "W10=", "properties": {}}', "q").message.body.toString()).toBe("W10=");
    const announced = '{"body": "W10=", "properties": {"body_encoding": "base64"}}';
    expect(decodeEnvelope(announced, "q").message.body.toString()).toBe("[]");
  });

  it("reads base64 with line breaks, as Python does", () => {
    const text = '{"body": "W1sx\\nLDJd\\n", "properties": {"body_encoding": "base64"}}';
    expect(decodeEnvelope(text, "q").message.body.toString()).toBe("[[1,2]");
  });

  it("revives typed values in headers", () => {
    const text =
      '{"body": "", "headers": {"at": {"__type__": "datetime", "__value__": "2026-01-02T03:04:05"}}, "properties": {}}';
    expect(decodeEnvelope(text, "q").message.headers["at"]).toBeInstanceOf(Date);
  });

  it("leaves the prototype alone", () => {
    const text =
      '{"body": "", "headers": {"__proto__": {"evil": 1}}, "properties": {"__proto__": {"evil": 1}, "x": 1}}';
    const { headers, properties } = decodeEnvelope(text, "q").message;
    expect([headers["evil"], properties["evil"], ({} as Record<string, unknown>)["evil"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(properties["x"]).toBe(1);
  });

  it("reads the mark of a second delivery from either place", () => {
    expect(
      decodeEnvelope('{"body": "", "headers": {"redelivered": true}, "properties": {}}', "q").redelivered,
    ).toBe(true);
    const info = '{"body": "", "properties": {"delivery_info": {"redelivered": true}}}';
    expect(decodeEnvelope(info, "q").redelivered).toBe(true);
    expect(decodeEnvelope('{"body": "", "properties": {}}', "q").redelivered).toBe(false);
  });
});

describe("encodeEnvelope", () => {
  it("writes everything that Python's reader needs", () => {
    const raw = JSON.parse(encodeEnvelope(message, to));
    expect(raw).toEqual({
      body: message.body.toString("base64"),
      "content-encoding": "utf-8",
      "content-type": "application/json",
      headers: message.headers,
      properties: {
        correlation_id: "1",
        reply_to: "r",
        delivery_mode: 2,
        delivery_info: { exchange: "", routing_key: "celery" },
        priority: 3,
        body_encoding: "base64",
        delivery_tag: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
  });

  it("gives every copy a delivery tag of its own", () => {
    const tags = [1, 2].map(() => JSON.parse(encodeEnvelope(message, to)).properties.delivery_tag);
    expect(tags[0]).not.toBe(tags[1]);
  });

  it("comes back as it went, with properties and headers of every kind", () => {
    const odd: WireMessage = {
      body: Buffer.from([0, 255, 128]),
      contentType: 'application/"odd"\n',
      contentEncoding: "binary",
      headers: { 'ü"\\': "\u2028", nested: { deep: { er: [1, { two: 2 }] } }, none: null },
      properties: { expiration: "60000", messageId: "m", x_own: { a: [1] }, appId: "app", timestamp: 12 },
    };
    const { message: read, malformed } = decodeEnvelope(
      encodeEnvelope(odd, { exchange: "é", routingKey: 'a"b' }),
      "q",
    );
    expect(malformed).toBeUndefined();
    expect(read).toEqual({ ...odd, properties: { ...odd.properties, priority: 0 } });
  });

  it("writes typed values in headers as Python does", () => {
    const raw = JSON.parse(encodeEnvelope({ ...message, headers: { stamp: new Date(0) } }, to));
    expect(raw.headers.stamp.__type__).toBe("datetime");
  });

  it("writes text bodies as they are when asked to", () => {
    const raw = JSON.parse(encodeEnvelope(message, to, "utf-8"));
    expect([raw.body, raw.properties.body_encoding]).toEqual([message.body.toString(), "utf-8"]);
  });
});
