import { Queue } from "../../entities/queue.ts";
import { sqliteConnectOptions } from "./connect-options.fixture.ts";
import { createSqliteTransport } from "./sqlite-transport.ts";

/**
 * A process that takes messages and keeps them: `holder.fixture.ts <file> <queue> <count> [block milliseconds]`.
 * Says "holding" when it has them, then blocks its event loop, then acknowledges and says "done" if it blocked.
 */
const [file = "", queue = "", count = "1", blockMs] = process.argv.slice(2);
const connection = await createSqliteTransport().connect(sqliteConnectOptions(file));
const channel = await connection.openChannel();
await channel.declare(new Queue(queue));
const stop = new AbortController();
const held = [];
for await (const batch of channel.consume([queue], { prefetch: Number(count), signal: stop.signal })) {
  held.push(...batch);
  if (held.length < Number(count)) continue;
  process.send?.("holding");
  // The parent hears of it before the loop stops turning.
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (blockMs === undefined) continue;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(blockMs));
  for (const delivery of held) channel.settle(delivery, "ack");
  await channel.flush();
  process.send?.("done");
  stop.abort();
}
await connection[Symbol.asyncDispose]();
process.disconnect?.();
