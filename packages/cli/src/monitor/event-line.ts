import type { ReceivedEvent } from "@q/core/events";

/** Names of tasks by id, for the lines of their later events. */
const MAX_NAMES = 4095;
const HUMAN_TYPES: Readonly<Record<string, string>> = {
  "worker-offline": "shutdown",
  "worker-online": "started",
  "worker-heartbeat": "heartbeat",
};

/**
 * Events as lines of text, in the form of `celery events --dump`.
 *
 * @see celery/events/dumper.py
 */
export class EventLines {
  readonly #names = new Map<string, string>();

  /** The line of one event. */
  line(event: ReceivedEvent): string {
    const { timestamp, type, hostname, uuid, name, args, kwargs, ...fields } = event;
    const time = new Date(timestamp * 1000).toISOString().replace("T", " ").replace("Z", "+00:00");
    const what = HUMAN_TYPES[type] ?? type.toLowerCase().replaceAll("-", " ");
    const head = `${hostname} [${time}] ${what}`;
    if (!type.startsWith("task-")) return `${head}: ${shown({ name, args, kwargs, uuid, ...fields })}`;
    return `${head}: ${this.#taskOf(type, { uuid, name, args, kwargs })} ${shown(fields)}`;
  }

  #taskOf(type: string, { uuid, name, args, kwargs }: Readonly<Record<string, unknown>>): string {
    const id = String(uuid);
    if (type !== "task-received" && type !== "task-sent") return this.#names.get(id) ?? id;
    const text = `${String(name)}(${id}) args=${String(args)} kwargs=${String(kwargs)}`;
    this.#names.set(id, text);
    if (this.#names.size > MAX_NAMES) this.#names.delete(this.#names.keys().next().value ?? "");
    return text;
  }
}

function shown(fields: Readonly<Record<string, unknown>>): string {
  return Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((key) => `${key}=${pythonic(fields[key])}`)
    .join(", ");
}

function pythonic(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? value : JSON.stringify(value);
}
