/** Fields of an event besides those that every event has; snake_case, as they travel. */
export type EventFields = Readonly<Record<string, unknown>>;

/** An event as it travels. @see wire protocol, "Events" */
export interface EventMessage {
  readonly type: string;
  /** Node name of the sender; `gen<pid>@<host>` for clients. */
  readonly hostname?: string;
  /** Whole hours west of UTC at the sender. */
  readonly utcoffset?: number;
  readonly pid?: number;
  /** Logical clock of the sender. */
  readonly clock?: number | null;
  /** Seconds since 1970. */
  readonly timestamp?: number;
  readonly [field: string]: unknown;
}

/** What every event of one sender has. */
export interface EventOrigin {
  readonly hostname: string;
  readonly pid: number;
  readonly utcoffset: number;
}

/** An event of a sender, complete. The sender's fields cannot be overridden; its time can. */
export function eventMessage(
  type: string,
  fields: EventFields,
  from: EventOrigin & { readonly clock: number | null; readonly nowMs: number },
): EventMessage {
  const { hostname, utcoffset, pid, clock } = from;
  const { timestamp = from.nowMs / 1000 } = fields as { timestamp?: number };
  return { hostname, utcoffset, pid, clock, ...fields, timestamp, type };
}

/** `task-sent` → `task.sent` */
export function eventRoutingKey(type: string): string {
  return type.replaceAll("-", ".");
}

/** `task-sent` → `task` */
export function eventGroup(type: string): string {
  const end = type.indexOf("-");
  return end === -1 ? type : type.slice(0, end);
}

/** Celery's `utcoffset`: whole hours *west* of UTC, rounded down. */
export function utcOffsetHours(at: Date): number {
  return Math.floor(at.getTimezoneOffset() / 60);
}

/** The events of a decoded body: one, or a list of them. What is no event is left out. */
export function readEvents(decoded: unknown): EventMessage[] {
  return (Array.isArray(decoded) ? decoded : [decoded]).filter(isEvent);
}

function isEvent(value: unknown): value is EventMessage {
  return (
    typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"
  );
}
