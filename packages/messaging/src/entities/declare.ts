import type { Channel } from "../contracts.ts";
import type { Exchange } from "./exchange.ts";
import type { Queue } from "./queue.ts";

/** Declares an entity with all that belongs to it: a queue's exchanges first, then the queue, then its bindings. */
export async function declareEntity(channel: Channel, entity: Exchange | Queue): Promise<void> {
  if (entity.kind === "exchange") {
    if (!entity.noDeclare) await channel.declare(entity);
    return;
  }
  for (const { exchange } of entity.bindings) {
    if (!exchange.noDeclare) await channel.declare(exchange);
  }
  if (entity.noDeclare) return;
  await channel.declare(entity);
  for (const binding of entity.bindings) await channel.declare(binding);
}
