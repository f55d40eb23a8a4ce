import { connect, type ConsumeMessage } from "amqplib";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { decodeBody } from "../../wire/task-message.ts";

const prefetch = 1000;
const context = readContext();
const connection = await connect(context.amqpUrl, { noDelay: true });
const channel = await connection.createChannel();
await channel.prefetch(prefetch);

async function noop(_args: readonly unknown[]): Promise<null> {
  return null;
}

let drained = 0;
let last: ConsumeMessage | undefined;
let isAckScheduled = false;

function ackAll(): void {
  isAckScheduled = false;
  // Consumed in order and run at once, so the last one stands for all before it.
  if (last !== undefined) channel.ack(last, true);
  if (drained >= context.count) void finish();
}

async function finish(): Promise<void> {
  // Channel closing is answered after the acks before it were handled.
  await channel.close();
  meter.finish(drained);
}

async function run(message: ConsumeMessage): Promise<void> {
  const [args] = decodeBody(message.content);
  await noop(args);
  last = message;
  drained += 1;
  if (isAckScheduled) return;
  isAckScheduled = true;
  setImmediate(ackAll);
}

const meter = await readyAndGo();
await channel.consume(context.queue, (message) => {
  if (message !== null) void run(message);
});
