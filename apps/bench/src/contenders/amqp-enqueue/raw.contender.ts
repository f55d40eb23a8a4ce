import { connect } from "amqplib";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { amqpMessage } from "../../wire/task-message.ts";

const context = readContext();
const window = context.settings.window ?? 100;
const connection = await connect(context.amqpUrl, { noDelay: true });
const channel = await connection.createConfirmChannel();

let sent = 0;
let confirmed = 0;

function publish(): void {
  const { body, options } = amqpMessage(true);
  sent += 1;
  channel.sendToQueue(context.queue, body, options, (error: unknown) => {
    if (error) throw error;
    confirmed += 1;
    if (confirmed === context.count) meter.finish(confirmed);
    if (sent < context.count) publish();
  });
}

const meter = await readyAndGo();
for (let i = 0; i < window && sent < context.count; i++) publish();
