import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { createCompressionRegistry } from "../compression/compression-registry.ts";
import { BodyCodec } from "./body-codec.ts";
import type { ContentRefusedError } from "./errors.ts";
import { parsePythonJson } from "./json-parser.ts";
import { createSerializerRegistry } from "./serializer-registry.ts";
import { PlainDate } from "./typed-values.ts";

type Envelope = {
  body: string;
  "content-type": string;
  "content-encoding": string;
  headers: { compression?: string };
};
type Case = {
  name?: string;
  redis?: Record<string, string[] | object>;
  bodies?: { key: string; body_text: string }[];
  call?: { args: unknown[]; kwargs: object };
  amqp?: {
    properties: { content_type: string; content_encoding: string };
    headers: { compression?: string };
    body_base64: string;
  };
};

const compressions = createCompressionRegistry();
const codec = new BodyCodec({
  serializers: createSerializerRegistry(),
  compressions,
  accept: ["json", "yaml", "msgpack"],
});

function read(file: string): { cases: Case[] } {
  const url = new URL(`../../../../test-integration/vectors/${file}`, import.meta.url);
  // The recorded calls hold integers that JSON.parse would round.
  return parsePythonJson(readFileSync(url, "utf8")) as { cases: Case[] };
}

function envelopes(entry: Case): { key: string; envelope: Envelope }[] {
  return Object.entries(entry.redis ?? {}).flatMap(([key, list]) =>
    Array.isArray(list) ? list.map((text) => ({ key, envelope: JSON.parse(text) as Envelope })) : [],
  );
}

function decode(envelope: Envelope): unknown {
  return codec.decode(Buffer.from(envelope.body, "base64"), {
    contentType: envelope["content-type"],
    contentEncoding: envelope["content-encoding"],
    compression: envelope.headers.compression,
  });
}

/** No callbacks of any kind. */
const nothing = { callbacks: null, chain: null, chord: null, errbacks: null };
/** What the cases without a JSON text were made from. */
const binaryCases: Record<string, unknown> = {
  serializer_yaml: [[1, "two", [3.5, null, true], { k: "é" }], { kw: 2 }, nothing],
  serializer_msgpack: [[1, "two", [3.5, null, true], { k: "é" }], { kw: 2 }, nothing],
  serializer_pickle: "ERR_Q_CONTENT_REFUSED",
  serializer_yaml_gzip: [[1], {}, nothing],
  serializer_msgpack_big: [
    [2n ** 63n, -(2n ** 63n), 1.5, Buffer.from([0xff, 0]), "x".repeat(40)],
    {},
    nothing,
  ],
  serializer_yaml_dates: [
    [new Date("2026-01-02T03:04:05Z"), new PlainDate(2026, 1, 2), "yes", "1e3", "0o7", "null"],
    {},
    nothing,
  ],
};

/** All cases of compression pack the same call. */
const compressed = [["compress me ".repeat(20), 1], {}, nothing];

const json = { contentType: "application/json", contentEncoding: "utf-8" };

function refusal(envelope: Envelope): unknown {
  try {
    return decode(envelope);
  } catch (error) {
    return (error as ContentRefusedError).code;
  }
}

beforeAll(() => codec.ready(["yaml", "msgpack"], ["bzip2", "lzma", "zstd"]));

describe.each(["messages_redis.json", "messages_redis_5.2.6.json", "messages_redis_5.6.3.json"])(
  "%s",
  (file) => {
    it.each(read(file).cases.map((entry) => [entry.name ?? "", entry] as const))(
      "decodes %s",
      (name, entry) => {
        const messages = envelopes(entry);
        for (const key of new Set(messages.map((message) => message.key))) {
          const here = messages.filter((message) => message.key === key);
          const decoded = here.map(({ envelope }) =>
            name === "serializer_pickle" ? refusal(envelope) : decode(envelope),
          );
          const texts = (entry.bodies ?? []).filter((body) => body.key === key);
          const plain = texts.map(({ body_text }) => codec.decode(Buffer.from(body_text), json));
          expect(decoded).toEqual(plain.length > 0 ? plain : [binaryCases[name] ?? compressed]);
        }
      },
    );
  },
);

describe("messages_random.json", () => {
  it("decodes to the arguments of the recorded calls, from Redis and from RabbitMQ", () => {
    let bodies = 0;
    for (const { call, amqp, ...entry } of read("messages_random.json").cases) {
      const decoded = envelopes(entry).map(({ envelope }) => decode(envelope));
      if (amqp !== undefined) {
        const { content_type: contentType, content_encoding: contentEncoding } = amqp.properties;
        const described = { contentType, contentEncoding, compression: amqp.headers.compression };
        decoded.push(codec.decode(Buffer.from(amqp.body_base64, "base64"), described));
      }
      for (const body of decoded) {
        expect((body as unknown[]).slice(0, 2)).toEqual([call?.args, call?.kwargs]);
        bodies++;
      }
    }
    expect(bodies).toBeGreaterThan(180);
  });
});

describe("compression.json", () => {
  type Recorded = { method: string; mime: string; samples: [text: string, base64: string][] };
  const { cases } = read("compression.json") as unknown as { cases: Recorded[] };

  it.each(cases.map((entry) => [entry.method, entry] as const))(
    "unpacks %s",
    async (method, { mime, samples }) => {
      const compression = await compressions.load(method);
      expect(compression.contentType).toBe(mime);
      for (const [text, packed] of samples) {
        const unpacked = compression.decompress(Buffer.from(packed, "base64"), { maxSizeBytes: 1_000_000 });
        expect(unpacked.toString()).toBe(text);
      }
    },
  );
});
