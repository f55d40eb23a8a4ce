import { READY_STATES, statePrecedence } from "../../results/states.ts";
import type { ReceivedEvent } from "../event-receiver.ts";
import type { WorkerState } from "./worker-state.ts";

/** The state that an event of a task leads to; any other event leads to a state of its own name. */
const STATE_OF: ReadonlyMap<string, string> = new Map([
  ["sent", "PENDING"],
  ["received", "RECEIVED"],
  ["started", "STARTED"],
  ["failed", "FAILURE"],
  ["retried", "RETRY"],
  ["succeeded", "SUCCESS"],
  ["revoked", "REVOKED"],
  ["rejected", "REJECTED"],
]);

/** True for the second part of the types of events that workers and clients send by themselves. */
export function isLifeEvent(subject: string): boolean {
  return STATE_OF.has(subject);
}

/** Events whose time is kept under their own name. */
type Moment = "sent" | "received" | "started" | "failed" | "retried" | "succeeded" | "revoked" | "rejected";

/** Fields that come with `task-received` only and are taken even when it arrives late. */
const KEPT_OF_RECEIVED: ReadonlySet<string> = new Set([
  "name",
  "args",
  "kwargs",
  "parent_id",
  "root_id",
  "retries",
  "eta",
  "expires",
]);
/** What every event has, and what is kept elsewhere. */
const NOT_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "uuid",
  "hostname",
  "pid",
  "utcoffset",
  "clock",
  "timestamp",
  "local_received",
]);

/**
 * What monitors know about a task. Times are seconds since 1970 by the clock of who reported them.
 *
 * @see celery/events/state.py, Task
 */
export class TaskState {
  readonly uuid: string;
  state = "PENDING";
  clock = 0;
  /** When it came to its present state. */
  timestamp: number | undefined;
  sent: number | undefined;
  received: number | undefined;
  started: number | undefined;
  succeeded: number | undefined;
  failed: number | undefined;
  retried: number | undefined;
  revoked: number | undefined;
  rejected: number | undefined;
  /** The worker that has it. */
  worker: WorkerState | undefined;
  /** Node name of the client that sent it. */
  client: string | undefined;
  /** Tasks that it has sent. */
  readonly children: Set<TaskState> = new Set();
  /** What its events said, under the names that travel: also fields of your own events. */
  readonly fields: Record<string, unknown> = {};

  constructor(uuid: string) {
    this.uuid = uuid;
  }

  get name(): string | undefined {
    return this.#text("name");
  }

  /** The arguments, as text in Python's syntax. */
  get args(): string | undefined {
    return this.#text("args");
  }

  get kwargs(): string | undefined {
    return this.#text("kwargs");
  }

  /** ISO 8601 text. */
  get eta(): string | undefined {
    return this.#text("eta");
  }

  get expires(): string | undefined {
    return this.#text("expires");
  }

  get retries(): number | undefined {
    return this.#number("retries");
  }

  /** The result, as text. */
  get result(): string | undefined {
    return this.#text("result");
  }

  /** The error, as text: `ValueError('boom')`. */
  get exception(): string | undefined {
    return this.#text("exception");
  }

  get traceback(): string | undefined {
    return this.#text("traceback");
  }

  /** Seconds that it ran. */
  get runtime(): number | undefined {
    return this.#number("runtime");
  }

  get exchange(): string | undefined {
    return this.#text("exchange");
  }

  get routingKey(): string | undefined {
    return this.#text("routing_key");
  }

  get rootId(): string | undefined {
    return this.#text("root_id");
  }

  get parentId(): string | undefined {
    return this.#text("parent_id");
  }

  /** It will not change any more. */
  get isReady(): boolean {
    return READY_STATES.has(this.state as never);
  }

  /** Who spoke of it last. */
  get origin(): string {
    return this.worker?.id ?? this.client ?? "";
  }

  /** Takes over what an event says; one that comes late does not undo what happened after it. */
  apply(subject: string, event: ReceivedEvent): void {
    const state = STATE_OF.get(subject) ?? subject.toUpperCase();
    if (isLifeEvent(subject)) this[subject as Moment] = event.timestamp;
    const isLate =
      state !== "RETRY" && this.state !== "RETRY" && statePrecedence(state) > statePrecedence(this.state);
    for (const [name, value] of Object.entries(event)) {
      if (NOT_FIELDS.has(name) || (isLate && state === "RECEIVED" && !KEPT_OF_RECEIVED.has(name))) continue;
      this.fields[name] = value;
    }
    if (isLate) return;
    this.state = state;
    this.timestamp = event.timestamp;
    this.clock = event.clock;
  }

  /** What is worth showing on a page about it. */
  info(): Record<string, unknown> {
    const shown = ["args", "kwargs", "retries", "result", "eta", "runtime", "expires", "exception"];
    const more = ["exchange", "routing_key", "root_id", "parent_id"];
    const known = [...shown, ...more].filter((name) => (this.fields[name] ?? null) !== null);
    return Object.fromEntries(known.map((name) => [name, this.fields[name]]));
  }

  /** Everything, as JSON. */
  toJSON(): Record<string, unknown> {
    const { uuid, state, clock, timestamp, client, fields } = this;
    const moments = Object.fromEntries(
      [...STATE_OF.keys()].map((moment) => [moment, this[moment as Moment] ?? null]),
    );
    const children = [...this.children].map((child) => child.uuid);
    const worker = this.worker?.hostname ?? null;
    return { uuid, state, clock, timestamp, client: client ?? null, worker, ...moments, ...fields, children };
  }

  #text(name: string): string | undefined {
    const value = this.fields[name];
    return typeof value === "string" ? value : undefined;
  }

  #number(name: string): number | undefined {
    const value = this.fields[name];
    return typeof value === "number" ? value : undefined;
  }
}
