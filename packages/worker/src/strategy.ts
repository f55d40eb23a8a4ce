import { logsAt } from "@q/kernel";
import { InvalidTaskError, type TaskBase } from "@q/core";
import { parseIsoTime, TaskRequest } from "@q/core/internal";
import type { Delivery, WireMessage } from "@q/messaging";
import { crashesOf } from "./crash-counter.ts";
import type { Desk } from "./desk.ts";
import { shown } from "./incoming.ts";
import { WorkerRequest } from "./worker-request.ts";

/** Decides what becomes of one task message: run, wait, or not at all. */
export type Strategy = (delivery: Delivery, message: WireMessage) => void;

/**
 * The strategy of one task, made once per worker. It reads headers only; the body stays as it came until an executor
 * runs it.
 *
 * @see celery/worker/strategy.py, default
 */
export function createStrategy(task: TaskBase, desk: Desk): Strategy {
  const { app, hostname, clock, logger } = desk;
  const logsReceipt = logsAt(logger, "info");
  return (delivery, message) => {
    const { headers, properties } = message;
    const request = new WorkerRequest({
      task,
      delivery,
      message,
      request: new TaskRequest({
        headers,
        properties,
        deliveryInfo: deliveryInfo(delivery, message),
        hostname,
      }),
    });
    if (delivery.redelivered && desk.adopt(request)) return;
    if (desk.isRevoked(request)) return desk.revoke(request, { expired: false });
    const [expiresMs, dueMs] = [timeHeader(headers["expires"]), timeHeader(headers["eta"])];
    if (Number.isNaN(expiresMs) || Number.isNaN(dueMs)) {
      const wrong = Number.isNaN(dueMs) ? "eta" : "expires";
      const error = new InvalidTaskError(
        `header "${wrong}" is not an ISO 8601 time: ${shown(headers[wrong])}`,
      );
      return desk.discard(delivery, error, "reject");
    }
    if (expiresMs !== undefined && clock.now() > expiresMs) return desk.revoke(request, { expired: true });
    if (logsReceipt) logger.info(request.logFields, "task received");
    if (app.events.has("task:received")) app.events.emit("task:received", { request: request.request });
    if (dueMs !== undefined && dueMs > clock.now()) return desk.schedule(request, dueMs);
    if (message === delivery.message) request.envelope = delivery.envelope;
    desk.enqueue(request);
  };
}

/** Milliseconds since 1970; `undefined` when not set, NaN when set to something that is no time. */
function timeHeader(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  return (typeof value === "string" ? parseIsoTime(value)?.getTime() : undefined) ?? NaN;
}

function deliveryInfo(delivery: Delivery, message: WireMessage): TaskRequest["deliveryInfo"] {
  const { exchange, routingKey, redelivered } = delivery;
  const { priority } = message.properties;
  // Its executor died with it before: the copy that came instead counts as a redelivery.
  return {
    exchange,
    routingKey,
    redelivered: redelivered || crashesOf(message) > 0,
    priority: typeof priority === "number" ? priority : 0,
  };
}
