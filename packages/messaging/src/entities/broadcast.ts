import { Exchange } from "./exchange.ts";
import { Queue, type QueueOptions } from "./queue.ts";

/**
 * A queue of one consumer's own, bound to the fanout exchange `name`: every consumer gets every message.
 *
 * @see kombu/common.py, class Broadcast
 */
export class Broadcast extends Queue {
  /** What apps call it: the name of its exchange, unless that was given. */
  readonly alias: string;

  constructor(name: string, options: QueueOptions & { queue?: string } = {}) {
    const { queue = `bcast.${crypto.randomUUID()}`, ...rest } = options;
    super(queue, {
      autoDelete: true,
      ...rest,
      exchange: rest.exchange ?? new Exchange(name, { type: "fanout" }),
    });
    this.alias = name;
  }
}
