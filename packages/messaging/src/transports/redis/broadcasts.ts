import type { Binding } from "../../entities/binding.ts";
import { decodeEnvelope, type Envelope } from "./envelope.ts";
import type { RedisKeys } from "./keys.ts";
import type { PatternListener, Subscriber } from "./subscriber.ts";

/** Most broadcasts that wait for a queue's consumer; the oldest are dropped then. */
const MAX_WAITING = 1000;

interface BroadcastQueue {
  readonly patterns: Map<string, PatternListener>;
  readonly waiting: Envelope[];
  onArrival: (() => void) | undefined;
}

/**
 * Queues bound to fanout exchanges. Redis stores nothing for them: from the declaration on, what is published is kept
 * here until a consumer takes it, within bounds.
 */
export class Broadcasts {
  readonly #keys: RedisKeys;
  readonly #queues = new Map<string, BroadcastQueue>();

  constructor(keys: RedisKeys) {
    this.#keys = keys;
  }

  async bind(subscriber: Subscriber, binding: Binding): Promise<void> {
    const pattern = this.#keys.fanoutPattern(binding.exchange.name, binding.routingKey);
    const queue = this.#queueOf(binding.queue);
    if (queue.patterns.has(pattern)) return;
    const listener: PatternListener = (text) => {
      if (queue.waiting.length >= MAX_WAITING) queue.waiting.shift();
      queue.waiting.push(decodeEnvelope(text, binding.queue));
      queue.onArrival?.();
    };
    queue.patterns.set(pattern, listener);
    await subscriber.subscribe(pattern, listener);
  }

  async unbind(subscriber: Subscriber, binding: Binding): Promise<void> {
    const pattern = this.#keys.fanoutPattern(binding.exchange.name, binding.routingKey);
    const listener = this.#queues.get(binding.queue)?.patterns.get(pattern);
    if (listener === undefined) return;
    this.#queues.get(binding.queue)?.patterns.delete(pattern);
    await subscriber.unsubscribe(pattern, listener);
  }

  async delete(subscriber: Subscriber | undefined, name: string): Promise<void> {
    const queue = this.#queues.get(name);
    this.#queues.delete(name);
    if (queue === undefined || subscriber === undefined) return;
    for (const [pattern, listener] of queue.patterns) await subscriber.unsubscribe(pattern, listener);
  }

  has(queue: string): boolean {
    return this.#queues.has(queue);
  }

  /** Waiting messages of a queue. */
  count(queue: string): number {
    return this.#queues.get(queue)?.waiting.length ?? 0;
  }

  /** `onArrival` is called whenever something came; `undefined` ends that. */
  listen(queue: string, onArrival: (() => void) | undefined): void {
    const found = this.#queues.get(queue);
    if (found !== undefined) found.onArrival = onArrival;
  }

  take(queue: string, limit: number = Infinity): Envelope[] {
    return this.#queues.get(queue)?.waiting.splice(0, limit) ?? [];
  }

  #queueOf(name: string): BroadcastQueue {
    const found = this.#queues.get(name) ?? { patterns: new Map(), waiting: [], onArrival: undefined };
    this.#queues.set(name, found);
    return found;
  }
}
