import { inspect } from "node:util";
import type { WireMessage } from "@q/messaging";
import { InvalidTaskError, type TaskRequest } from "@q/core";

/** Fields of a protocol 1 body that become headers, under the header's name. */
const PROTOCOL_1_HEADERS: Readonly<Record<string, string>> = {
  task: "task",
  id: "id",
  group_index: "group_index",
  retries: "retries",
  eta: "eta",
  expires: "expires",
  timelimit: "timelimit",
  root_id: "root_id",
  parent_id: "parent_id",
};

/** True for a message whose headers name the task: protocol 2, or the hybrid of both. */
export function namesTask(message: WireMessage): boolean {
  return typeof message.headers["task"] === "string" && message.headers["task"] !== "";
}

/** Makes a decoded body part of the request that it came with. @throws {InvalidTaskError} */
export function takeBody(request: TaskRequest, decoded: unknown): void {
  const body = normalBody(decoded);
  request.args = body.args;
  request.kwargs = body.kwargs;
  request.embed = body.embed;
}

/** A task body in the form of protocol 2. */
export interface NormalBody {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: {
    readonly callbacks: readonly never[] | null;
    readonly errbacks: readonly never[] | null;
    readonly chain: readonly never[] | null;
    readonly chord: null;
  };
}

/**
 * Checks a decoded body: three elements in protocol 2, an object with `args` in protocol 1 and the hybrid.
 *
 * @throws {InvalidTaskError} for any other shape
 * @see wire protocol, "Body" and "Protocol 1"
 */
export function normalBody(decoded: unknown): NormalBody {
  if (Array.isArray(decoded)) {
    if (decoded.length !== 3)
      throw new InvalidTaskError(`a task body has 3 elements, this one has ${decoded.length}`);
    return checked(decoded[0], decoded[1], decoded[2]);
  }
  if (!isRecord(decoded))
    throw new InvalidTaskError("a task body is an array of 3 elements or an object with args");
  const { args = [], kwargs = {}, callbacks = null, errbacks = null, chord = null, chain = null } = decoded;
  return checked(args, kwargs, { callbacks, errbacks, chord, chain });
}

function checked(args: unknown, kwargs: unknown, embed: unknown): NormalBody {
  if (!Array.isArray(args)) throw new InvalidTaskError("the arguments of a task are an array");
  if (kwargs !== null && !isRecord(kwargs))
    throw new InvalidTaskError("the keyword arguments of a task are an object");
  const parts = isRecord(embed) ? embed : {};
  return {
    args,
    kwargs: kwargs ?? {},
    embed: {
      callbacks: listOrNull(parts["callbacks"]),
      errbacks: listOrNull(parts["errbacks"]),
      chain: listOrNull(parts["chain"]),
      chord: (isRecord(parts["chord"]) ? parts["chord"] : null) as never,
    },
  };
}

/**
 * The message of a protocol 1 task with its body's fields as headers, so that everything behind this point knows one
 * protocol. `undefined` when the body names no task either.
 */
export function fromProtocol1(message: WireMessage, decoded: unknown): WireMessage | undefined {
  if (!isRecord(decoded) || typeof decoded["task"] !== "string" || decoded["task"] === "") return undefined;
  const headers: Record<string, unknown> = { ...message.headers };
  for (const [field, header] of Object.entries(PROTOCOL_1_HEADERS)) {
    if (decoded[field] !== undefined && decoded[field] !== null) headers[header] = decoded[field];
  }
  const group = decoded["group"] ?? decoded["taskset"];
  if (typeof group === "string") headers["group"] = group;
  return { ...message, headers };
}

/** A value of a stranger for a log line: of any type, and never long. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 0, maxStringLength: 100, breakLength: Infinity });
}

function listOrNull(value: unknown): readonly never[] | null {
  return Array.isArray(value) && value.length > 0 ? (value as never[]) : null;
}

/** True for what an object on the wire becomes: bytes, times and other typed values are none. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
