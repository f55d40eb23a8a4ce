import type { TaskHeaders } from "../protocol/task-message.ts";
import type { Destination } from "../routing/router.ts";
import type { EventDispatcher } from "./event-dispatcher.ts";

/** Tells monitors that a task message was published. @see celery/app/amqp.py, sent_event */
export function sendTaskSent(events: EventDispatcher, headers: TaskHeaders, to: Destination): void {
  const { id, task, argsrepr, kwargsrepr, retries, eta, expires, root_id, parent_id } = headers;
  events.send("task-sent", {
    uuid: id,
    root_id,
    parent_id,
    name: task,
    args: argsrepr,
    kwargs: kwargsrepr,
    retries,
    eta,
    expires,
    queue: to.queue?.name ?? null,
    exchange: to.exchange,
    routing_key: to.routingKey,
  });
}
