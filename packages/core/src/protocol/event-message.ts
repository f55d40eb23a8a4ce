/** Fields of an event besides those that every event has; snake_case, as they travel, and of JSON. */
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

/** What events of one sender have in common that are of the same type and time. */
export interface EventFrame {
  /** @see {@link eventHead} */
  readonly head: string;
  /** @see {@link eventTail} */
  readonly tail: string;
}

/**
 * JSON of an event, put together from pieces: a worker makes three of them per task, and objects would cost it several
 * times as much. So does every further piece: what many events have in common is one. `fields` is what
 * {@link fieldsJson} makes.
 */
export function eventJson({ head, tail }: EventFrame, clock: number | null, fields: string): string {
  return `${head}${clock}${fields}${tail}`;
}

/** The beginning of the JSON of every event of one sender. */
export function eventHead({ hostname, utcoffset, pid }: EventOrigin): string {
  return `{"hostname":${JSON.stringify(hostname)},"utcoffset":${utcoffset},"pid":${pid},"clock":`;
}

/** The end of the JSON of every event of that type and time; `timestamp` is in seconds since 1970. */
export function eventTail(type: string, timestamp: number): string {
  return `,"timestamp":${timestamp},"type":${JSON.stringify(type)}}`;
}

/** Fields as JSON, each with a comma before it. @throws {TypeError} for what JSON has no form for */
export function fieldsJson(fields: EventFields): string {
  const json = JSON.stringify(fields).slice(1, -1);
  return json === "" ? "" : `,${json}`;
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
