import { randomUUID } from "node:crypto";
import { noopTask } from "../harness/context.ts";

/** The headers of a protocol-2 message, all of them, as Celery 5.6 sends them. */
export interface TaskHeaders {
  readonly task: string;
  readonly id: string;
  readonly [header: string]: unknown;
}

const origin = `gen${process.pid}@bench`;
const replyTo = randomUUID();
const noEmbed = { callbacks: null, errbacks: null, chain: null, chord: null };

/** Headers of a call of the no-op task. */
function taskHeaders(id: string, ignoreResult: boolean): TaskHeaders {
  return {
    lang: "js",
    task: noopTask,
    id,
    shadow: null,
    eta: null,
    expires: null,
    group: null,
    group_index: null,
    retries: 0,
    timelimit: [null, null],
    root_id: id,
    parent_id: null,
    argsrepr: "(2, 3)",
    kwargsrepr: "{}",
    origin,
    ignore_result: ignoreResult,
    replaced_task_nesting: 0,
    stamped_headers: null,
    stamps: {},
  };
}

/** The body of a call with the arguments 2 and 3, as JSON text. */
function taskBody(): string {
  return JSON.stringify([[2, 3], {}, noEmbed]);
}

/** A whole message as kombu puts it into a Redis list; its delivery tag is its id. */
export function redisEnvelope(queue: string, ignoreResult: boolean, id: string = randomUUID()): string {
  return JSON.stringify({
    body: Buffer.from(taskBody()).toString("base64"),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: taskHeaders(id, ignoreResult),
    properties: {
      correlation_id: id,
      reply_to: replyTo,
      delivery_mode: 2,
      delivery_info: { exchange: "", routing_key: queue },
      priority: 0,
      body_encoding: "base64",
      delivery_tag: id,
    },
  });
}

/** A message for RabbitMQ: body and the options of amqplib's `sendToQueue`. */
export function amqpMessage(
  ignoreResult: boolean,
  replyQueue: string = replyTo,
  id: string = randomUUID(),
): AmqpMessage {
  return {
    body: Buffer.from(taskBody()),
    options: {
      headers: taskHeaders(id, ignoreResult),
      contentType: "application/json",
      contentEncoding: "utf-8",
      correlationId: id,
      replyTo: replyQueue,
      deliveryMode: 2,
      priority: 0,
    },
  };
}

/** See {@link amqpMessage}. */
export interface AmqpMessage {
  readonly body: Buffer;
  readonly options: {
    readonly headers: TaskHeaders;
    readonly contentType: string;
    readonly contentEncoding: string;
    readonly correlationId: string;
    readonly replyTo: string;
    readonly deliveryMode: number;
    readonly priority: number;
  };
}

/** What a worker needs to know of a message from Redis. */
export interface RedisTask {
  readonly id: string;
  readonly deliveryTag: string;
  readonly args: readonly unknown[];
}

/** Decodes envelope and body. */
export function decodeEnvelope(text: string): RedisTask {
  const envelope = JSON.parse(text) as {
    body: string;
    headers: TaskHeaders;
    properties: { delivery_tag: string };
  };
  const [args] = decodeBody(Buffer.from(envelope.body, "base64"));
  return { id: envelope.headers.id, deliveryTag: envelope.properties.delivery_tag, args };
}

/** Decodes a JSON body of protocol 2. */
export function decodeBody(body: Buffer): [args: unknown[], kwargs: object, embed: object] {
  return JSON.parse(body.toString()) as [unknown[], object, object];
}

/** The result of a successful task as Celery's backends store it. */
export function successResult(taskId: string): string {
  return JSON.stringify({
    status: "SUCCESS",
    result: null,
    traceback: null,
    children: [],
    date_done: new Date().toISOString(),
    task_id: taskId,
  });
}

/** The key, and the channel, of a task's result on Redis. */
export function resultKey(taskId: string): string {
  return `celery-task-meta-${taskId}`;
}
