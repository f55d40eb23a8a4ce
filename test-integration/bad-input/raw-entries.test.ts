import { recordingLogger } from "@q/kernel/testing";
import { Worker } from "@q/worker";
import amqplib from "amqplib";
import Database from "libsql";
import { expect, it } from "vitest";
import { rabbitVhost, requires, suiteResource, tempFolder, waitUntil } from "../harness/index.ts";
import { createArithmetic } from "./arithmetic.ts";

const body = Buffer.from('[[2, 3], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]');
const good = { task: "t.add", id: "raw" };
const json = { contentType: "application/json", contentEncoding: "utf-8" };

/** Starts a worker of a broker and returns what the tests look at. */
async function startWorker(broker: string) {
  const logger = recordingLogger();
  const app = createArithmetic({ broker, backend: "cache+memory://", logger });
  const worker = new Worker(app, { concurrency: 1 });
  await worker.start();
  return {
    /** The code with which the only bad message was discarded, or the state of the task `raw`. */
    async outcome(): Promise<unknown> {
      const next = await app.sendTask("t.add", [20, 1]);
      expect(await next.get({ timeout: 20 })).toBe(21);
      await waitUntil(() => worker.consumer?.session?.unsettled === 0);
      const codes = logger.lines
        .filter(({ message }) => message === "message discarded")
        .map(({ fields }) => fields["code"]);
      return codes.length > 0 ? codes.join() : app.AsyncResult("raw").state();
    },
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await app.close();
    },
  };
}

requires("rabbitmq")("Raw messages on RabbitMQ", () => {
  const vhost = suiteResource(rabbitVhost);

  const rows: [string, amqplib.Options.Publish, Buffer, string][] = [
    ["nothing but a body", {}, body, "ERR_Q_INVALID_TASK"],
    ["nothing at all", {}, Buffer.alloc(0), "ERR_Q_INVALID_TASK"],
    ["headers and no content type", { headers: good }, body, "ERR_Q_INVALID_TASK"],
    ["text", { contentType: "text/plain", headers: good }, body, "ERR_Q_INVALID_TASK"],
    ["an empty content type", { contentType: "", headers: good }, body, "ERR_Q_UNKNOWN_CONTENT_TYPE"],
    ["an empty encoding", { ...json, contentEncoding: "", headers: good }, body, "SUCCESS"],
    [
      "a task of bytes",
      { ...json, headers: { ...good, task: Buffer.from("t.add") } },
      body,
      "ERR_Q_INVALID_TASK",
    ],
    [
      "an id that is a time",
      { ...json, headers: { ...good, id: { "!": "timestamp", value: 1 } } },
      body,
      "ERR_Q_INVALID_TASK",
    ],
    [
      "an eta that is a time",
      { ...json, headers: { ...good, eta: { "!": "timestamp", value: 1 } } },
      body,
      "ERR_Q_INVALID_TASK",
    ],
    [
      "headers of every type",
      {
        ...json,
        headers: { ...good, nested: { list: [1, [true, null], { a: "b" }] }, big: 2 ** 53, float: 0.5 },
      },
      body,
      "SUCCESS",
    ],
    [
      "200 headers",
      {
        ...json,
        headers: { ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`h${n}`, n])), ...good },
      },
      body,
      "SUCCESS",
    ],
    ["a death header", { ...json, headers: { ...good, "x-death": "not a list" } }, body, "SUCCESS"],
    [
      "a delivery count that is text",
      { ...json, headers: { ...good, "x-delivery-count": "many" } },
      body,
      "SUCCESS",
    ],
    [
      "odd properties",
      {
        ...json,
        headers: good,
        priority: 255,
        timestamp: 2 ** 40,
        expiration: "60000",
        type: "\u0000",
        appId: "ü",
        replyTo: "no-such-queue",
      },
      body,
      "SUCCESS",
    ],
    ["a retry count out of range", { ...json, headers: { ...good, retries: -1e9 } }, body, "SUCCESS"],
  ];

  it.each(rows.map(([what, properties, bytes, end]) => ({ what, properties, bytes, end })))(
    "with $what leave the next task alone",
    async ({ properties, bytes, end }) => {
      await using raw = await openAmqp(vhost().url);
      await using worker = await startWorker(vhost().url);
      raw.channel.sendToQueue("celery", bytes, properties);
      await raw.channel.waitForConfirms();
      expect(await worker.outcome()).toBe(end);
      // The worker gives back what is unsettled when it ends.
      await worker[Symbol.asyncDispose]();
      expect(await raw.channel.checkQueue("celery")).toMatchObject({ messageCount: 0 });
    },
  );
});

async function openAmqp(url: string) {
  const connection = await amqplib.connect(url);
  const channel = await connection.createConfirmChannel();
  return { channel, [Symbol.asyncDispose]: () => connection.close() };
}

requires()("Corrupt rows of an SQLite broker", () => {
  const envelope = { exchange: "", routingKey: "celery", ...json, headers: good, properties: {} };

  const rows: [string, string | number | Buffer, string | number | Buffer, string][] = [
    ["no JSON", "this is not json", body, "ERR_Q_MALFORMED_MESSAGE"],
    ["an empty text", "", body, "ERR_Q_MALFORMED_MESSAGE"],
    ["JSON that is null", "null", body, "ERR_Q_MALFORMED_MESSAGE"],
    ["JSON that is a list", "[]", body, "ERR_Q_MALFORMED_MESSAGE"],
    ["bytes for an envelope", Buffer.from(JSON.stringify(envelope)), body, "ERR_Q_MALFORMED_MESSAGE"],
    ["a number for an envelope", 5, body, "ERR_Q_MALFORMED_MESSAGE"],
    [
      "headers that are a list",
      JSON.stringify({ ...envelope, headers: [] }),
      body,
      "ERR_Q_MALFORMED_MESSAGE",
    ],
    [
      "no properties",
      JSON.stringify({ ...envelope, properties: undefined }),
      body,
      "ERR_Q_MALFORMED_MESSAGE",
    ],
    [
      "a routing key that is a number",
      JSON.stringify({ ...envelope, routingKey: 5 }),
      body,
      "ERR_Q_MALFORMED_MESSAGE",
    ],
    ["100,000 levels of nesting", "[".repeat(100_000), body, "ERR_Q_MALFORMED_MESSAGE"],
    ["text for a body", JSON.stringify(envelope), body.toString(), "ERR_Q_MALFORMED_MESSAGE"],
    ["a number for a body", JSON.stringify(envelope), 5, "ERR_Q_MALFORMED_MESSAGE"],
    ["no headers in the headers", JSON.stringify({ ...envelope, headers: {} }), body, "ERR_Q_INVALID_TASK"],
    [
      "a __proto__ among the headers",
      `{"__proto__": {"a": 1}, ${JSON.stringify(envelope).slice(1)}`,
      body,
      "SUCCESS",
    ],
  ];

  it.each(rows.map(([what, text, bytes, end]) => ({ what, text, bytes, end })))(
    "with $what leave the next task alone",
    async ({ text, bytes, end }) => {
      await using folder = await tempFolder("corrupt");
      const url = `sqlite:///${folder.path}/q.db`;
      await using worker = await startWorker(url);
      const database = new Database(`${folder.path}/q.db`);
      database.exec("PRAGMA busy_timeout = 5000");
      const insert =
        "INSERT INTO message (queue, priority, envelope, body) SELECT id, 0, ?, ? FROM queue WHERE name = 'celery'";
      database.prepare(insert).run(text, bytes);
      expect(await worker.outcome()).toBe(end);
      const left = database.prepare("SELECT id FROM message");
      await waitUntil(() => left.all().length === 0, { what: "the row to be gone" });
      database.close();
    },
  );
});
