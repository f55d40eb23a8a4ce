import type { QueueSettings } from "../routing/queue-table.ts";
import type { TaskRoutes } from "../routing/router.ts";

/** Settings: Message routing. */
export interface RoutingSettings {
  /**
   * Queues that a worker consumes: a list of `Queue`s or specifications, or a map. `null`: the default
   * queue alone. Default `null`.
   */
  readonly taskQueues: QueueSettings["taskQueues"];
  /**
   * Where tasks go: names, globs and patterns to routes, router functions, or a list of these. Default
   * `null`.
   */
  readonly taskRoutes: TaskRoutes | null;
  /** x-max-priority for all queues (RabbitMQ). Default `null`. */
  readonly taskQueueMaxPriority: number | null;
  /** Priority of messages without one. Default `null`. */
  readonly taskDefaultPriority: number | null;
  /** Children inherit the parent's priority. Default `false`. */
  readonly taskInheritParentPriority: boolean;
  /** Extra queue `<node>.dq2` per worker, on the exchange `C.dq2`. Default `false`. */
  readonly workerDirect: boolean;
  /** Create undeclared queues on use. Default `true`. */
  readonly taskCreateMissingQueues: boolean;
  /** Type of queues created that way. Default `"classic"`. */
  readonly taskCreateMissingQueueType: "classic" | "quorum";
  /** Exchange type of queues created that way. `null`: `taskDefaultExchangeType`. Default `null`. */
  readonly taskCreateMissingQueueExchangeType: string | null;
  /** Default queue name. Default `"celery"`. */
  readonly taskDefaultQueue: string;
  /** Type of the default queue. Default `"classic"`. */
  readonly taskDefaultQueueType: "classic" | "quorum";
  /** Name of the default exchange. `null`: as the default queue. Default `null`. */
  readonly taskDefaultExchange: string | null;
  /** Default exchange type. Default `"direct"`. */
  readonly taskDefaultExchangeType: string;
  /** Default routing key. `null`: the name of the default queue. Default `null`. */
  readonly taskDefaultRoutingKey: string | null;
  /** Whether messages outlive a restart of the broker: 1 or `transient`, 2 or `persistent`. Default `2`. */
  readonly taskDefaultDeliveryMode: 1 | 2;
}
