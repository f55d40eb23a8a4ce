import { connect } from "amqplib";
import { readContext, readyForever } from "../../harness/contender.ts";
import { decodeBody, successResult } from "../../wire/task-message.ts";

const context = readContext();
const connection = await connect(context.amqpUrl, { noDelay: true });
const channel = await connection.createChannel();
await channel.prefetch(4);
await channel.consume(context.queue, (message) => {
  if (message === null) return;
  decodeBody(message.content);
  const correlationId = String(message.properties.correlationId);
  channel.sendToQueue(String(message.properties.replyTo), Buffer.from(successResult(correlationId)), {
    correlationId,
    contentType: "application/json",
    contentEncoding: "utf-8",
    deliveryMode: 2,
  });
  channel.ack(message);
});
readyForever();
