import { asError, type Clock, type Logger, sleep } from "@q/kernel";
import type { Connection, Queue } from "@q/messaging";

/** What the broker gets to answer in: a scrape must not wait for it. */
const LIMIT_MS = 1000;

/** Messages that wait on the broker, by queue. Of queues that the broker does not tell of in time there is no entry. */
export async function queueLengths(
  connection: Connection,
  queues: readonly Queue[],
  tools: { readonly clock: Clock; readonly logger: Logger },
): Promise<Map<string, number>> {
  const lengths = new Map<string, number>();
  const over = new AbortController();
  const ask = async (): Promise<void> => {
    await using channel = await (await connection.connect({ signal: over.signal })).openChannel();
    for (const { name } of queues) lengths.set(name, (await channel.queueInfo(name)).messages);
  };
  const asked = ask().catch((thrown: unknown) => {
    if (!over.signal.aborted) tools.logger.debug({ err: asError(thrown) }, "queue lengths are not known");
  });
  await Promise.race([asked, sleep(LIMIT_MS, { clock: tools.clock, signal: over.signal })]);
  over.abort();
  return new Map(lengths);
}
