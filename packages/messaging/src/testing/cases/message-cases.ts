import assert from "node:assert/strict";
import type { WireMessage } from "../../contracts.ts";
import { Inbox } from "../inbox.ts";
import type { ContractCase, OpenTransport } from "../transport-harness.ts";
import { textMessage, toQueue, Workbench } from "../workbench.ts";

/** Headers of every JSON type, as Celery sends them. */
const headers: Record<string, unknown> = {
  lang: "js",
  task: "größe.übung",
  "emoji 😀 key": "😀\u0000\u2028",
  id: "d2ab6d8a-8f1f-4b2e-9a0b-0a3e7f0f7d11",
  eta: null,
  retries: 0,
  negative: -7,
  large: 2 ** 53 - 1,
  fraction: 0.25,
  empty: "",
  ignore_result: false,
  stamped: true,
  timelimit: [null, 30],
  nothing: [],
  nested: { list: [1, "two", null, { three: [3] }], nil: null, object: {} },
};

async function roundTrip(open: OpenTransport, message: WireMessage): Promise<WireMessage> {
  await using bench = await Workbench.open(open);
  const queue = await bench.queue();
  await bench.channel.publish(message, toQueue(queue));
  await using inbox = new Inbox(bench.channel, [queue], { settle: "ack" });
  const [delivery] = await inbox.waitFor(1);
  assert.equal(delivery?.malformed, undefined);
  return delivery?.message as WireMessage;
}

/** What goes in comes out. */
export const messageCases: readonly ContractCase<OpenTransport>[] = [
  {
    title: "keeps headers of every type, null and nesting included",
    run: async (open) => {
      const received = await roundTrip(open, textMessage("x", { headers }));
      assert.deepEqual(JSON.parse(JSON.stringify(received.headers)), JSON.parse(JSON.stringify(headers)));
    },
  },
  {
    title: "keeps a header called __proto__ as data",
    run: async (open) => {
      const hostile = JSON.parse('{"__proto__": {"polluted": true}, "fine": 1}') as Record<string, unknown>;
      const received = await roundTrip(open, textMessage("x", { headers: hostile }));
      assert.equal(received.headers["fine"], 1);
      assert.equal(received.headers["polluted"], undefined);
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    },
  },
  {
    title: "keeps properties, content type and content encoding",
    run: async (open) => {
      const properties = {
        correlationId: "c-1",
        replyTo: "reply.queue",
        deliveryMode: 2,
        priority: 3,
        expiration: "600000",
        messageId: "m-1",
        timestamp: 1_700_000_000,
        type: "task",
        appId: "app",
      } as const;
      const content = { contentType: "application/x-something", contentEncoding: "binary" };
      const received = await roundTrip(open, textMessage("x", { ...content, properties }));
      assert.equal(received.contentType, content.contentType);
      assert.equal(received.contentEncoding, content.contentEncoding);
      for (const [name, value] of Object.entries(properties))
        assert.equal(received.properties[name], value, name);
    },
  },
  {
    title: "does not invent properties that were not set",
    run: async (open) => {
      const received = await roundTrip(open, textMessage("x", { properties: { deliveryMode: 1 } }));
      for (const name of [
        "correlationId",
        "replyTo",
        "expiration",
        "messageId",
        "timestamp",
        "type",
        "appId",
      ]) {
        assert.ok(received.properties[name] === undefined || received.properties[name] === null, name);
      }
      assert.equal(received.properties.deliveryMode, 1);
    },
  },
  {
    title: "keeps every byte of a body",
    run: async (open) => {
      const body = Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256));
      const received = await roundTrip(open, textMessage("", { body, contentEncoding: "binary" }));
      assert.ok(Buffer.isBuffer(received.body), "a body is a Buffer");
      assert.deepEqual(received.body, body);
    },
  },
  {
    title: "keeps an empty body",
    run: async (open) => {
      const received = await roundTrip(open, textMessage(""));
      assert.equal(received.body.length, 0);
    },
  },
  {
    title: "keeps a body of 1 MB",
    run: async (open) => {
      const body = Buffer.alloc(1024 * 1024, "0123456789abcdef\u00e9");
      const received = await roundTrip(open, textMessage("", { body }));
      assert.ok(received.body.equals(body));
    },
  },
  {
    title: "is not affected by what the sender does with the buffer afterwards",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const queue = await bench.queue();
      const body = Buffer.from("before");
      await bench.channel.publish(textMessage("", { body }), toQueue(queue));
      body.write("after!");
      await using inbox = new Inbox(bench.channel, [queue]);
      await inbox.waitFor(1);
      assert.deepEqual(inbox.bodies, ["before"]);
    },
  },
];
