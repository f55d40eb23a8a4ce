import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { readContext } from "../../harness/contender.ts";
import { amqpMessage } from "../../wire/task-message.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const context = readContext();
const connection = await connect(context.amqpUrl, { noDelay: true });
const channel = await connection.createChannel();
const replies = await channel.assertQueue("", { exclusive: true });
const waiting = new Map<string, (result: unknown) => void>();
await channel.consume(
  replies.queue,
  (message) => {
    if (message === null) return;
    const id = String(message.properties.correlationId);
    waiting.get(id)?.((JSON.parse(message.content.toString()) as { result: unknown }).result);
    waiting.delete(id);
  },
  { noAck: true },
);

await measureRoundtrips(() => {
  const id = randomUUID();
  const { body, options } = amqpMessage(false, replies.queue, id);
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    channel.sendToQueue(context.queue, body, options);
  });
});
