import { deserialize, serialize } from "node:v8";
import { NotTransferableError, SoftTimeLimitExceeded, TransferredError } from "../errors.ts";

/** Something thrown, as plain data. */
export type EncodedError =
  | { readonly kind: "value"; readonly value: unknown }
  | {
      readonly kind: "error";
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly props: Readonly<Record<string, unknown>>;
      readonly cause?: EncodedError;
      /** Those of an `AggregateError`. */
      readonly errors?: readonly EncodedError[];
    };

/** Errors that JavaScript itself defines: they are given back as what they were. */
const BUILTINS: ReadonlyMap<string, (message: string) => Error> = new Map([
  ["AggregateError", (message) => new AggregateError([], message)],
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (Builtin) => [Builtin.name, (message: string): Error => new Builtin(message)] as const,
  ),
]);

const MAX_CAUSES = 8;
/** Causes that the errors of an `AggregateError` are short of: a few of them may hold a few each. */
const AGGREGATE_DEPTH = 4;
const OWN = new Set(["name", "message", "stack", "cause"]);

/**
 * Takes an error apart: class name, message, code, stack, causes (8 deep), the errors of an `AggregateError` (2 deep), and
 * those of its own enumerable properties that can be cloned. Never throws, whatever getters the value has.
 */
export function encodeError(thrown: unknown, depth = 0): EncodedError {
  try {
    if (thrown instanceof Error) return encodeErrorObject(thrown, depth);
    return { kind: "value", value: clone(thrown) };
  } catch {
    return plainError("Error", `what was thrown cannot leave its executor: ${describe(thrown)}`);
  }
}

function encodeErrorObject(error: Error, depth: number): EncodedError {
  const props: Record<string, unknown> = {};
  for (const key of Object.keys(error).filter((name) => !OWN.has(name))) {
    try {
      props[key] = clone((error as unknown as Record<string, unknown>)[key]);
    } catch {
      // What cannot be cloned stays behind.
    }
  }
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" || typeof code === "number") props["code"] = code;
  const encoded = { ...plainError(String(error.name), String(error.message)), stack: error.stack, props };
  if (depth >= MAX_CAUSES) return encoded;
  return {
    ...encoded,
    ...(error.cause !== undefined && { cause: encodeError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && {
      errors: Array.from(error.errors, (inner) => encodeError(inner, depth + AGGREGATE_DEPTH)),
    }),
  };
}

function plainError(name: string, message: string): EncodedError & { kind: "error" } {
  return { kind: "error", name, message, stack: undefined, props: {} };
}

/** Puts an error together again. Nothing of it is executed: an unknown class becomes a {@link TransferredError}. */
export function decodeError(encoded: EncodedError): unknown {
  if (encoded.kind === "value") return encoded.value;
  const error = bare(encoded);
  for (const [key, value] of Object.entries(encoded.props)) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
  const hidden: Record<string, unknown> = { stack: encoded.stack ?? `${encoded.name}: ${encoded.message}` };
  if (encoded.cause !== undefined) hidden["cause"] = decodeError(encoded.cause);
  if (encoded.errors !== undefined) hidden["errors"] = encoded.errors.map(decodeError);
  for (const [key, value] of Object.entries(hidden)) {
    Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
  }
  return error;
}

/** An error of the class that it was, where that is known here. */
function bare({ name, message, props }: EncodedError & { kind: "error" }): Error {
  const { code, limitMs } = props;
  if (code === "ERR_Q_SOFT_TIME_LIMIT")
    return new SoftTimeLimitExceeded(typeof limitMs === "number" ? limitMs : undefined);
  if (code === "ERR_Q_NOT_TRANSFERABLE") return new NotTransferableError(message);
  return BUILTINS.get(name)?.(message) ?? new TransferredError(name, message);
}

/** As {@link decodeError}, for places where only an `Error` will do. */
export function decodeAsError(encoded: EncodedError): Error {
  const decoded = decodeError(encoded);
  return decoded instanceof Error ? decoded : new TransferredError("Error", describe(decoded));
}

/** A copy without prototypes of classes, or an exception. Errors inside are V8's business. */
function clone(value: unknown): unknown {
  return typeof value === "object" && value !== null ? deserialize(serialize(value)) : primitive(value);
}

function primitive(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError("cannot be cloned");
  return value;
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
