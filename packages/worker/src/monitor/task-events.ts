import type { App, TaskRequest, Unsubscribe } from "@q/core";
import { errorRepr } from "@q/core/internal";
import type { EventDispatcher } from "@q/core/events";

/**
 * Tells monitors of every task of one worker, in Celery's fields. Tasks with `sendEvents: false` stay private.
 *
 * The texts are put together here because a busy worker sends three events per task.
 *
 * @see celery/worker/request.py, send_event; celery/worker/strategy.py, task-received
 */
export function sendTaskEvents(app: App, dispatcher: EventDispatcher): Unsubscribe {
  const { events } = app;
  const { hostname } = dispatcher;
  // Other workers of this app, in the same process, speak for themselves.
  const isOurs = (request: TaskRequest): boolean =>
    request.hostname === hostname && (app.tasks.find(request.task)?.resolved.sendEvents ?? true);
  const send = (type: string, request: TaskRequest, fields: string): void =>
    dispatcher.sendText("task", type, `,"uuid":${json(request.id)}${fields}`);
  const subscriptions: Unsubscribe[] = [
    events.on("task:received", ({ request }) => {
      if (isOurs(request)) send("task-received", request, received(request));
    }),
    events.on("task:started", ({ request }) => {
      if (isOurs(request)) send("task-started", request, "");
    }),
    events.on("task:succeeded", ({ request, result, runtimeSeconds }) => {
      if (!isOurs(request)) return;
      // A whole number and an exponent: writing a fraction costs as much as the rest of the event.
      const runtime = `${Math.round(runtimeSeconds * 1e6)}e-6`;
      send("task-succeeded", request, `,"result":${json(result)},"runtime":${runtime}`);
    }),
    events.on("task:failed", ({ request, error }) => {
      if (isOurs(request)) send("task-failed", request, failure(error));
    }),
    events.on("task:retried", ({ request, reason }) => {
      if (isOurs(request)) send("task-retried", request, failure(reason));
    }),
    events.on("task:rejected", ({ request, requeue }) => {
      if (isOurs(request)) send("task-rejected", request, `,"requeue":${requeue}`);
    }),
    events.on("task:revoked", ({ request, terminated, expired, signum }) => {
      if (!isOurs(request)) return;
      const fields = `,"terminated":${terminated},"signum":${json(signum)},"expired":${expired}`;
      send("task-revoked", request, fields);
    }),
    events.on("task:unknown", ({ name, id }) =>
      dispatcher.send("task-failed", { uuid: id, exception: `NotRegistered('${name}')`, traceback: "" }),
    ),
  ];
  return () => subscriptions.forEach((unsubscribe) => unsubscribe());
}

/** What needs no escaping, such as ids, names and most arguments. */
const PLAIN = /^[\w.:@(){}[\], -]*$/;

/** JSON of a header or another value of a stranger; what is absent is null. */
function json(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string" && value.length < 200 && PLAIN.test(value)) return `"${value}"`;
  return JSON.stringify(value);
}

function received(request: TaskRequest): string {
  const { headers, rootId } = request;
  return (
    `,"name":${json(request.shadow ?? request.task)},"args":${json(request.argsrepr ?? "")}` +
    `,"kwargs":${json(request.kwargsrepr ?? "")},"root_id":${json(rootId)}` +
    `,"parent_id":${json(request.parentId)},"retries":${request.retries}` +
    `,"eta":${json(headers["eta"])},"expires":${json(headers["expires"])}`
  );
}

function failure(error: Error): string {
  return `,"exception":${json(errorRepr(error))},"traceback":${json(error.stack ?? String(error))}`;
}
