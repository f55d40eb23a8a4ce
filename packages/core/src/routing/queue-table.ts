import { didYouMean } from "@q/kernel";
import { Binding, Broadcast, Exchange, Queue } from "@q/messaging/entities";
import { UnroutableError } from "../errors.ts";

/** The settings that shape queues. */
export interface QueueSettings {
  readonly taskQueues: readonly (Queue | QueueSpec)[] | Readonly<Record<string, QueueSpec>> | null;
  readonly taskDefaultQueue: string;
  readonly taskDefaultQueueType: "classic" | "quorum";
  readonly taskDefaultExchange: string | null;
  readonly taskDefaultExchangeType: string;
  readonly taskDefaultRoutingKey: string | null;
  readonly taskCreateMissingQueues: boolean;
  readonly taskCreateMissingQueueType: "classic" | "quorum";
  readonly taskCreateMissingQueueExchangeType: string | null;
  readonly taskQueueMaxPriority: number | null;
  readonly taskDefaultDeliveryMode: 1 | 2;
}

/** A queue as it is written in a configuration file. */
export interface QueueSpec {
  readonly name?: string;
  readonly exchange?: string;
  readonly exchangeType?: string;
  readonly routingKey?: string;
  readonly durable?: boolean;
  readonly maxPriority?: number;
  readonly queueArguments?: Readonly<Record<string, unknown>>;
}

/**
 * The queues of an app: those configured, or the default one, and those created on use.
 *
 * @see celery/app/amqp.py, class Queues
 */
export class QueueTable {
  readonly #settings: QueueSettings;
  readonly #queues = new Map<string, Queue>();
  /** Created on use: a worker in the same process does not consume them unasked. */
  readonly #created = new Map<string, Queue>();

  constructor(settings: QueueSettings) {
    this.#settings = settings;
    for (const queue of this.#configured()) this.#queues.set(nameOf(queue), queue);
  }

  /** Queues that a worker consumes when it is not told otherwise. */
  configured(): readonly Queue[] {
    return [...this.#queues.values()];
  }

  /** The queue for tasks without a route. */
  get default(): Queue {
    return this.get(this.#settings.taskDefaultQueue);
  }

  /** Delivery mode of messages whose exchange says nothing. */
  get deliveryMode(): 1 | 2 {
    return this.#settings.taskDefaultDeliveryMode;
  }

  /** A queue by name, a {@link Broadcast} by that of its exchange; a missing one is created unless that is switched off. @throws {UnroutableError} */
  get(name: string): Queue {
    const found = this.#queues.get(name) ?? this.#created.get(name);
    if (found) return found;
    if (!this.#settings.taskCreateMissingQueues) {
      const hint = didYouMean(name, this.#queues.keys());
      throw new UnroutableError(
        `queue "${name}" is not in task_queues and task_create_missing_queues is off.${hint} Add it to task_queues.`,
      );
    }
    const missing = this.#missing(name);
    this.#created.set(name, missing);
    return missing;
  }

  /** The first configured queue that is bound to the exchange of that name. */
  boundTo(exchange: string): Queue | undefined {
    return this.configured().find((queue) => queue.exchange.name === exchange);
  }

  add(queue: Queue): void {
    this.#queues.set(nameOf(queue), queue);
  }

  /** Queues for a worker: those named, else all configured ones; without the excluded ones. Unknown names are created. */
  select(options: {
    only?: readonly string[] | undefined;
    exclude?: readonly string[] | undefined;
  }): readonly Queue[] {
    const only = options.only ?? [];
    const selected = only.length > 0 ? only.map((name) => this.get(name)) : this.configured();
    return selected.filter((queue) => !options.exclude?.includes(nameOf(queue)));
  }

  #configured(): Queue[] {
    const { taskQueues } = this.#settings;
    const written: readonly (Queue | QueueSpec)[] = Array.isArray(taskQueues)
      ? taskQueues
      : Object.entries(taskQueues ?? {}).map(([name, spec]) => ({ name, ...(spec as QueueSpec) }));
    if (written.length === 0) return [this.#missing(this.#settings.taskDefaultQueue)];
    return written.map((one) => (one instanceof Queue ? this.#completed(one) : this.#fromSpec(one)));
  }

  /** What a queue of yours leaves open comes from the settings. */
  #completed(queue: Queue): Queue {
    const { taskQueueMaxPriority, taskDefaultRoutingKey, taskDefaultQueue } = this.#settings;
    // Redis has a channel for each routing key of a fanout exchange: Python's workers listen on that of the default.
    const routingKey = queue.routingKey || (taskDefaultRoutingKey ?? taskDefaultQueue);
    if (routingKey === queue.routingKey && taskQueueMaxPriority === null) return queue;
    const copy = Object.create(Object.getPrototypeOf(queue) as object) as Queue;
    return Object.assign(copy, queue, {
      routingKey,
      bindings: queue.bindings.map((binding) =>
        binding.routingKey === ""
          ? new Binding(queue.name, binding.exchange, { routingKey, arguments: binding.arguments })
          : binding,
      ),
      ...(taskQueueMaxPriority !== null && {
        arguments: { "x-max-priority": taskQueueMaxPriority, ...queue.arguments },
      }),
    });
  }

  #fromSpec(spec: QueueSpec): Queue {
    const settings = this.#settings;
    const name = spec.name ?? settings.taskDefaultQueue;
    const exchange = spec.exchange ?? settings.taskDefaultExchange ?? name;
    return new Queue(name, {
      exchange: this.#exchange(exchange, spec.exchangeType ?? settings.taskDefaultExchangeType),
      routingKey: spec.routingKey ?? settings.taskDefaultRoutingKey ?? name,
      ...(spec.durable !== undefined && { durable: spec.durable }),
      ...this.#priority(spec.maxPriority),
      arguments: spec.queueArguments ?? {},
    });
  }

  #missing(name: string): Queue {
    const settings = this.#settings;
    const isDefault = name === settings.taskDefaultQueue;
    const exchange = (isDefault ? settings.taskDefaultExchange : null) ?? name;
    const type = isDefault
      ? settings.taskDefaultExchangeType
      : (settings.taskCreateMissingQueueExchangeType ?? settings.taskDefaultExchangeType);
    const queueType = isDefault ? settings.taskDefaultQueueType : settings.taskCreateMissingQueueType;
    return new Queue(name, {
      exchange: this.#exchange(exchange, type),
      routingKey: (isDefault ? settings.taskDefaultRoutingKey : null) ?? name,
      ...this.#priority(undefined),
      arguments: queueType === "quorum" ? { "x-queue-type": "quorum" } : {},
    });
  }

  #exchange(name: string, type: string): Exchange {
    return new Exchange(name, { type, deliveryMode: this.deliveryMode });
  }

  #priority(own: number | undefined): { maxPriority?: number } {
    const maxPriority = own ?? this.#settings.taskQueueMaxPriority;
    return maxPriority === null ? {} : { maxPriority };
  }
}

/** What calls and workers call it. */
function nameOf(queue: Queue): string {
  return queue instanceof Broadcast ? queue.alias : queue.name;
}
