import { format, inspect } from "node:util";
import type { LogFields, Logger, LogLevel, LogMethod } from "@q/kernel";
import { encodeError } from "@q/pool/transfer";
import { type ExecutorLogLine, LEVELS } from "./executor-data.ts";

/** Takes a line away; what it is given can be cloned. */
export type SendLine = (line: ExecutorLogLine) => void;

/**
 * A logger whose lines are written by the worker. Errors in fields arrive with their class name, stack and causes, and
 * what cannot be cloned as text.
 */
export function forwardingLogger(send: SendLine, level: LogLevel | undefined, bound: LogFields = {}): Logger {
  const least = level === undefined ? LEVELS.length : LEVELS.indexOf(level);
  const method = (name: LogLevel): LogMethod => {
    if (LEVELS.indexOf(name) < least) return () => {};
    return (...said: readonly unknown[]) => {
      const { fields, message } = asPino(said);
      send({ kind: "log", level: name, fields: portable({ ...bound, ...fields }), message });
    };
  };
  return {
    ...(Object.fromEntries(LEVELS.map((name) => [name, method(name)])) as Record<LogLevel, LogMethod>),
    child: (fields) => forwardingLogger(send, level, { ...bound, ...fields }),
    isLevelEnabled: (name) => LEVELS.indexOf(name) >= least,
  };
}

/** Takes what pino takes, which the same task finds in its place on the event loop: a text or an error instead of fields. */
function asPino([first, ...rest]: readonly unknown[]): {
  readonly fields: LogFields;
  readonly message: string;
} {
  if (typeof first !== "object") return { fields: {}, message: format(first, ...rest) };
  const error = first instanceof Error ? first : undefined;
  const message = rest.length > 0 ? format(...rest) : (error?.message ?? "");
  return { fields: error ? { err: error } : ((first ?? {}) as LogFields), message };
}

/** Fields as they can cross to another process. */
function portable(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, portableValue(value)]));
}

function portableValue(value: unknown): unknown {
  if (value instanceof Error) return { encodedError: encodeError(value) };
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" || typeof value === "symbol" ? inspect(value) : value;
  }
  try {
    return structuredClone(value);
  } catch {
    return inspect(value, { depth: 2, breakLength: Infinity });
  }
}
