import type { QueueInfo } from "../../contracts.ts";
import type { Binding } from "../../entities/binding.ts";
import type { Exchange } from "../../entities/exchange.ts";
import type { Queue } from "../../entities/queue.ts";
import { QueueNotFoundError } from "../../errors.ts";
import type { Bindings } from "./bindings.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { OwnedQueues } from "./owned-queues.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisSocket } from "./redis-socket.ts";
import { purge } from "./scripts/purge.ts";
import type { Subscriber } from "./subscriber.ts";

/** What {@link RedisEntities} work with. */
export interface RedisEntitiesContext {
  readonly socket: RedisSocket;
  readonly keys: RedisKeys;
  readonly bindings: Bindings;
  readonly broadcasts: Broadcasts;
  readonly owned: OwnedQueues;
  /** Filled here, read by the publisher. */
  readonly queueExpiry: Map<string, number>;
  /** Opens the listening socket at the first call. */
  readonly listen: () => Promise<Subscriber>;
}

/** Exchanges, queues and bindings of one connection. Redis knows a queue only by its entries and its bindings. */
export class RedisEntities {
  readonly #context: RedisEntitiesContext;
  readonly #queues = new Set<string>();
  readonly #passing = new Set<string>();

  constructor(context: RedisEntitiesContext) {
    this.#context = context;
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    if (entity.kind === "exchange") this.#context.bindings.declare(entity);
    else if (entity.kind === "binding") await this.#bind(entity);
    else await this.#declareQueue(entity);
  }

  /** True for a queue that goes with its consumer. */
  isPassing(queue: string): boolean {
    return this.#passing.has(queue);
  }

  async queueInfo(name: string): Promise<QueueInfo> {
    const { socket, keys, broadcasts } = this.#context;
    const lengths = await Promise.all(keys.ofQueue(name).map((list) => socket.call("LLEN", [list])));
    const messages = lengths.reduce<number>((sum, length) => sum + Number(length), broadcasts.count(name));
    if (messages === 0 && !this.#queues.has(name)) throw new QueueNotFoundError(name);
    return { name, messages, consumers: undefined };
  }

  async purge(name: string): Promise<number> {
    const { socket, keys, broadcasts } = this.#context;
    const dropped = broadcasts.take(name).length;
    return dropped + (await purge(socket, keys.ofQueue(name)));
  }

  async delete(entity: Exchange | Queue | Binding): Promise<void> {
    if (entity.kind === "exchange") return this.#context.bindings.delete(entity.name);
    if (entity.kind === "binding") return this.#unbind(entity);
    for (const binding of entity.bindings) await this.#unbind(binding);
    return this.deleteQueue(entity.name);
  }

  async deleteQueue(name: string): Promise<void> {
    const { socket, keys, bindings, broadcasts, owned, listen } = this.#context;
    this.#queues.delete(name);
    this.#passing.delete(name);
    const mayExpire = this.#context.queueExpiry.delete(name);
    if (broadcasts.has(name)) await broadcasts.delete(await listen(), name);
    await bindings.unbindQueue(name);
    await socket.call("DEL", keys.ofQueue(name));
    await owned.release(name, { mayExpire });
  }

  /** Its bindings are entities of their own. */
  async #declareQueue(queue: Queue): Promise<void> {
    this.#queues.add(queue.name);
    if (queue.autoDelete || queue.exclusive) this.#passing.add(queue.name);
    const expiryMs = queue.arguments["x-expires"];
    if (typeof expiryMs === "number") this.#context.queueExpiry.set(queue.name, expiryMs);
    // Lists of a queue with bindings are found through these; broadcasts have no lists.
    if (this.isPassing(queue.name) && queue.bindings.length === 0) await this.#context.owned.own(queue.name);
  }

  async #bind(binding: Binding): Promise<void> {
    const { bindings, broadcasts, listen } = this.#context;
    bindings.declare(binding.exchange);
    // Nobody looks up who listens to a broadcast; kombu's entry would stay when this process is killed.
    if (bindings.isFanout(binding.exchange.name)) await broadcasts.bind(await listen(), binding);
    else await bindings.bind(binding);
  }

  async #unbind(binding: Binding): Promise<void> {
    const { bindings, broadcasts, listen } = this.#context;
    bindings.declare(binding.exchange);
    if (!bindings.isFanout(binding.exchange.name)) return bindings.unbind(binding);
    if (broadcasts.has(binding.queue)) await broadcasts.unbind(await listen(), binding);
  }
}
