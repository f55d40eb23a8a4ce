import { silentLogger } from "@q/kernel";
import { createRedisTransport } from "@q/messaging/redis";
import { redisConnectOptions } from "../redis-connect.ts";

// Consumes a queue and says so; blocks its event loop for `blockMs` with every message, then acknowledges it.
// With `blockMs` -1 it keeps its messages and does nothing.
const [url = "", queue = "", timeout = "", blockMs = "-1", prefetch = "10"] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const logger = {
  ...silentLogger,
  warn: (fields: object, message: string) => say({ warn: message, ...fields }),
  child: () => logger,
};

const transport = createRedisTransport();
const connection = await transport.connect(
  redisConnectOptions(url, { visibility_timeout: Number(timeout) }, logger),
);
const channel = await connection.openChannel();
void connection.lost.then((error) => say({ lost: error.message }));
setInterval(() => {}, 1000);

for await (const batch of channel.consume([queue], {
  prefetch: Number(prefetch),
  signal: new AbortController().signal,
})) {
  for (const delivery of batch) {
    say({ got: delivery.message.body.toString() });
    if (Number(blockMs) < 0) continue;
    const end = Date.now() + Number(blockMs);
    while (Date.now() < end);
    channel.settle(delivery, "ack");
  }
  if (Number(blockMs) < 0) continue;
  await channel.flush();
  say({ acknowledged: batch.length });
}
