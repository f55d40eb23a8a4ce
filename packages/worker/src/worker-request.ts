import type { Delivery, WireMessage } from "@q/messaging";
import type { TaskBase, TaskRequest } from "@q/core";
import { ONCE_HEADER } from "@q/core/internal";

/** Where a request stands. */
export type RequestState = "waiting" | "scheduled" | "running" | "done";

/** Headers in which messages with one id differ. */
const OWN_HEADERS = ["task", "retries", "eta", "replaced_task_nesting", ONCE_HEADER] as const;

/** A task message inside a worker, from its delivery to its settlement. */
export class WorkerRequest {
  readonly task: TaskBase;
  readonly request: TaskRequest;
  /** What an executor gets: the message in the form of protocol 2, also when it came in that of protocol 1. */
  readonly message: WireMessage;
  /** The delivery that is settled in the end; replaced when the broker delivers a running task again. */
  delivery: Delivery;
  state: RequestState = "waiting";
  /** What {@link message} was read from, until an executor gets it; not kept for those that wait for their time. */
  envelope: string | undefined;
  /** It waits because its task may not begin so often. */
  isLimited = false;
  /** Nothing is left to tell the broker. */
  acknowledged = false;
  /** Process that runs the task, once it has accepted it. */
  pid: number | undefined;
  /** Number of the signal that ended it. */
  signum: number | undefined;
  /** Wall-clock milliseconds. */
  startedMs: number | undefined;

  constructor(parts: { task: TaskBase; request: TaskRequest; message: WireMessage; delivery: Delivery }) {
    this.task = parts.task;
    this.request = parts.request;
    this.message = parts.message;
    this.delivery = parts.delivery;
  }

  get id(): string {
    return this.request.id;
  }

  /**
   * True for another delivery of this very message. A retry, what replaces a task and a copy of the body of a chord have
   * the id of the task too, and are messages of their own.
   */
  isDeliveredAgainAs({ message }: WorkerRequest): boolean {
    const { headers, body } = this.message;
    return OWN_HEADERS.every((name) => headers[name] === message.headers[name]) && body.equals(message.body);
  }

  /** Fields of its log lines. */
  get logFields(): { readonly taskId: string; readonly taskName: string } {
    return { taskId: this.request.id, taskName: this.request.shadow ?? this.request.task };
  }

  /** What `inspect` shows. @see wire protocol, "info" */
  info(hostname: string): Readonly<Record<string, unknown>> {
    const { request, delivery } = this;
    return {
      id: request.id,
      name: request.task,
      args: request.argsrepr ?? "()",
      kwargs: request.kwargsrepr ?? "{}",
      type: request.task,
      hostname,
      time_start: this.startedMs === undefined ? null : this.startedMs / 1000,
      acknowledged: this.acknowledged,
      delivery_info: {
        exchange: delivery.exchange,
        routing_key: delivery.routingKey,
        priority: request.deliveryInfo.priority,
        redelivered: delivery.redelivered,
      },
      worker_pid: this.startedMs === undefined ? null : (this.pid ?? null),
    };
  }
}
