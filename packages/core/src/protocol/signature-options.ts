import { Exchange, Queue } from "@q/messaging/entities";
import type { CallOptions } from "../tasks/call-options.ts";
import { isoFormat } from "./iso-time.ts";

/** Names of call options inside a signature that are not the snake_case of ours. */
const WIRE_NAMES: Readonly<Record<string, string>> = { taskId: "task_id", stampedHeaders: "stamped_headers" };

const snake = (name: string): string =>
  WIRE_NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Names that travel in a signature's options; anything else there is a stamp or belongs to a newer peer. */
const KNOWN: ReadonlySet<string> = new Set([
  "countdown", "eta", "expires", "task_id", "queue", "exchange", "routing_key", "priority", "serializer", "compression",
  "retry", "retry_policy", "ignore_result", "time_limit", "soft_time_limit", "shadow", "headers", "argsrepr",
  "kwargsrepr", "link", "link_error", "reply_to", "correlation_id", "root_id", "parent_id", "group_id", "group_index",
  "chord", "chain", "retries", "add_to_parent", "exchange_type", "mandatory", "stamped_headers", "delivery_mode", "replaced_task_nesting",
]); // prettier-ignore

/** Options that say nothing to another process. */
const LOCAL: ReadonlySet<string> = new Set(["kwargs", "publishTimeoutMs"]);

/** Call options as they travel in a signature. */
export function optionsToWire(options: CallOptions): Record<string, unknown> {
  const wire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || LOCAL.has(name)) continue;
    if (name === "stamps") Object.assign(wire, value);
    else if (name === "properties" || name === "retryPolicy")
      Object.assign(wire, nested(name, value as object));
    else if (name === "link" || name === "linkError")
      wire[snake(name)] = (Array.isArray(value) ? value : [value]).map(plain);
    else wire[snake(name)] = plain(value);
  }
  return wire;
}

/** Python takes message properties as options of their own, and the names of a retry policy in its spelling. */
function nested(name: "properties" | "retryPolicy", value: object): Record<string, unknown> {
  const wire = renamed(value, snake);
  return name === "properties" ? wire : { retry_policy: wire };
}

function renamed(value: object, rename: (name: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), inner]));
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return isoFormat(value);
  if (value instanceof Queue || value instanceof Exchange) return value.name;
  if (
    typeof value === "object" &&
    value !== null &&
    "toJSON" in value &&
    typeof value.toJSON === "function"
  ) {
    return value.toJSON() as unknown;
  }
  return value;
}

/** Call options of a signature that travelled; `null` means "not set". */
export function optionsFromWire(wire: Readonly<Record<string, unknown>>): CallOptions {
  const options: Record<string, unknown> = {};
  const stamped = Array.isArray(wire["stamped_headers"]) ? (wire["stamped_headers"] as string[]) : [];
  const stamps: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wire)) {
    if (stamped.includes(name)) stamps[name] = value;
    else if (name === "retry_policy" && typeof value === "object" && value !== null) {
      options["retryPolicy"] = renamed(value, camel);
    } else if (KNOWN.has(name) && value !== null) options[camel(name)] = value;
  }
  if (stamped.length > 0) options["stamps"] = stamps;
  return options as CallOptions;
}
