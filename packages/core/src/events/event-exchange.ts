import type { Connection } from "@q/messaging";
import { Exchange } from "@q/messaging/entities";

/**
 * The exchange of events on a broker: `topic`, but `fanout` on Redis, where Celery has it so. `undefined` where the
 * broker has no such exchanges: there are no events then.
 *
 * @see celery/events/event.py, get_exchange
 */
export async function eventExchange(connection: Connection, name: string): Promise<Exchange | undefined> {
  const transport = await connection.transport();
  const type = transport.name === "redis" ? "fanout" : "topic";
  if (!transport.capabilities.exchangeTypes.includes(type)) return undefined;
  return new Exchange(name, { type, deliveryMode: 1 });
}
