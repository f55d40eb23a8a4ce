import type { App, AppEvents, TaskRequest, Unsubscribe } from "@q/core";
import { errorRepr } from "@q/core/internal";
import type { EventDispatcher, EventFields } from "@q/core/events";

type Translation<TName extends keyof AppEvents> = (event: AppEvents[TName]) => EventFields;

/**
 * Tells monitors of every task of one worker, in Celery's fields. Tasks with `sendEvents: false` stay private.
 *
 * @see celery/worker/request.py, send_event; celery/worker/strategy.py, task-received
 */
export function sendTaskEvents(app: App, dispatcher: EventDispatcher): Unsubscribe {
  const subscriptions: Unsubscribe[] = [];
  const translate = <TName extends TaskEventName>(
    name: TName,
    type: string,
    fields: Translation<TName>,
  ): void => {
    const listener = (event: AppEvents[TName]): void => {
      const { request } = event as { readonly request: TaskRequest };
      // Other workers of this app, in the same process, speak for themselves.
      if (request.hostname !== dispatcher.hostname || !isPublic(app, request)) return;
      dispatcher.send(type, fields(event));
    };
    subscriptions.push(app.events.on(name, listener));
  };
  translate("task:received", "task-received", ({ request }) => received(request));
  translate("task:started", "task-started", ({ request }) => ({ uuid: request.id }));
  translate("task:succeeded", "task-succeeded", ({ request, result, runtimeSeconds }) => ({
    uuid: request.id,
    result,
    runtime: runtimeSeconds,
  }));
  translate("task:failed", "task-failed", ({ request, error }) => failed(request, error));
  translate("task:retried", "task-retried", ({ request, reason }) => failed(request, reason));
  translate("task:rejected", "task-rejected", ({ request, requeue }) => ({ uuid: request.id, requeue }));
  translate("task:revoked", "task-revoked", ({ request, terminated, expired, signum }) => ({
    uuid: request.id,
    terminated,
    signum: signum ?? null,
    expired,
  }));
  subscriptions.push(
    app.events.on("task:unknown", ({ name, id }) =>
      dispatcher.send("task-failed", { uuid: id, exception: `NotRegistered('${name}')`, traceback: "" }),
    ),
  );
  return () => subscriptions.forEach((unsubscribe) => unsubscribe());
}

/** Events of the app that carry the request of a task. */
type TaskEventName =
  | "task:received"
  | "task:started"
  | "task:succeeded"
  | "task:failed"
  | "task:retried"
  | "task:rejected"
  | "task:revoked";

function isPublic(app: App, request: TaskRequest): boolean {
  return app.tasks.find(request.task)?.resolved.sendEvents ?? true;
}

function received(request: TaskRequest): EventFields {
  const { headers } = request;
  return {
    uuid: request.id,
    name: request.shadow ?? request.task,
    args: request.argsrepr ?? "",
    kwargs: request.kwargsrepr ?? "",
    root_id: request.rootId,
    parent_id: request.parentId ?? null,
    retries: request.retries,
    eta: textOrNull(headers["eta"]),
    expires: textOrNull(headers["expires"]),
  };
}

function failed(request: TaskRequest, error: Error): EventFields {
  return { uuid: request.id, exception: errorRepr(error), traceback: error.stack ?? String(error) };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
