import { Exchange, Queue } from "@q/messaging/entities";
import type { Worker } from "../worker.ts";
import { nok, ok, type PanelArguments, type PanelCommands } from "./panel-command.ts";

/** Commands about the queues that a worker takes tasks from. They hold across reconnects. */
export const queueCommands: PanelCommands = {
  active_queues: { run: (worker) => worker.queues.map(asCeleryShows), only: [] },
  add_consumer: { run: addConsumer, required: ["queue"] },
  cancel_consumer: {
    run: (worker, { queue: name }) => {
      if (typeof name !== "string") return nok("queue must be a name");
      void worker.cancelQueue(name).catch((err: unknown) => {
        worker.logger.error({ err, queue: name }, "a queue could not be given up");
      });
      return ok(`no longer consuming from ${name}`);
    },
    required: ["queue"],
  },
};

function addConsumer(worker: Worker, args: PanelArguments): unknown {
  const { queue: name } = args;
  if (typeof name !== "string" || name === "") return nok("queue must be a name");
  const configured = worker.app.queues.configured().find((one) => one.name === name);
  const queue = configured ?? newQueue(name, args);
  // Not awaited, as in Celery: a broker that takes its time must not hold up the answer.
  void worker.addQueue(queue).catch((err: unknown) => {
    worker.logger.error({ err, queue: name }, "a queue could not be added");
  });
  return ok(`add consumer ${name}`);
}

function newQueue(name: string, args: PanelArguments): Queue {
  const { exchange, exchange_type: type, routing_key: routingKey, durable } = args;
  return new Queue(name, {
    exchange: new Exchange(textOr(exchange, name), { type: textOr(type, "direct") }),
    routingKey: textOr(routingKey, name),
    ...(typeof durable === "boolean" && { durable }),
    ...limitsOf(args),
  });
}

/** Further options of a queue that Celery passes on to kombu. */
function limitsOf(args: PanelArguments): Readonly<Record<string, number>> {
  const names = {
    expires: "expires",
    message_ttl: "messageTtl",
    max_length: "maxLength",
    max_length_bytes: "maxLengthBytes",
    max_priority: "maxPriority",
  };
  const given = Object.entries(names).flatMap(([wire, own]) => {
    const value = args[wire];
    return typeof value === "number" ? [[own, value] as const] : [];
  });
  return Object.fromEntries(given);
}

const textOr = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

/** @see kombu/entity.py, Queue.as_dict */
function asCeleryShows(queue: Queue): Readonly<Record<string, unknown>> {
  const { exchange } = queue;
  const limit = (name: string): unknown => queue.arguments[name] ?? null;
  const seconds = (name: string): unknown => {
    const ms = queue.arguments[name];
    return typeof ms === "number" ? ms / 1000 : null;
  };
  return {
    name: queue.name,
    exchange: {
      name: exchange.name,
      type: exchange.type,
      arguments: orNull(exchange.arguments),
      durable: exchange.durable,
      passive: false,
      auto_delete: exchange.autoDelete,
      delivery_mode: exchange.deliveryMode,
      no_declare: exchange.noDeclare,
    },
    routing_key: queue.routingKey,
    queue_arguments: orNull(queue.arguments),
    binding_arguments: null,
    consumer_arguments: orNull(queue.consumerArguments),
    durable: queue.durable,
    exclusive: queue.exclusive,
    auto_delete: queue.autoDelete,
    no_ack: queue.noAck,
    alias: null,
    bindings: [],
    no_declare: queue.noDeclare || null,
    expires: seconds("x-expires"),
    message_ttl: seconds("x-message-ttl"),
    max_length: limit("x-max-length"),
    max_length_bytes: limit("x-max-length-bytes"),
    max_priority: limit("x-max-priority"),
  };
}

function orNull(given: Readonly<Record<string, unknown>>): unknown {
  return Object.keys(given).length === 0 ? null : given;
}
