import { asError } from "@q/kernel";
import type { BodyCodec } from "@q/messaging";
import { DecodeError } from "@q/messaging/internal/client";
import type { BackendContext, ExtendedMeta, ResultMeta, ResultTuple, StoredError } from "./contracts.ts";
import { BackendGetError } from "./errors.ts";

/** How the stored bytes are to be written and read. Nothing in a store says so: all peers must agree. */
export interface PayloadFormat {
  readonly codec: BodyCodec;
  readonly serializer: string;
  readonly compression: string | undefined;
  readonly contentType: string;
  readonly contentEncoding: string;
}

/**
 * The format that the settings ask for, with its serializer and compression loaded.
 *
 * @throws {UnknownSerializerError} @throws {UnknownCompressionError} @throws {MissingDriverError}
 */
export async function openPayloadFormat(
  context: Pick<BackendContext, "codec" | "serializer" | "compression">,
): Promise<PayloadFormat> {
  const { codec, serializer, compression } = context;
  await codec.ready([serializer], compression === undefined ? [] : [compression]);
  // What the codec writes beside a body is what it needs to read one.
  const { contentType, contentEncoding } = codec.encode(null, { serializer, compression });
  return { codec, serializer, compression, contentType, contentEncoding };
}

/** States whose result is an error. */
const ERROR_STATES: ReadonlySet<string> = new Set(["FAILURE", "RETRY", "REVOKED"]);

/** Whether the result of that state is an error. */
export const isErrorState = (status: string): boolean => ERROR_STATES.has(status);

/**
 * A meta as Celery stores it.
 *
 * @see wire protocol, "Meta object"
 */
export function encodeMeta(meta: ResultMeta, format: PayloadFormat): Buffer {
  const { serializer, compression } = format;
  return format.codec.encode(metaToWire(meta), { serializer, compression }).body;
}

/** Reads stored bytes. @throws {DecodeError} @throws {ContentRefusedError} */
export function decodeMeta(body: Buffer, format: PayloadFormat): ResultMeta {
  const { contentType, contentEncoding, compression } = format;
  return metaFromWire(format.codec.decode(body, { contentType, contentEncoding, compression }));
}

/**
 * Reads what a store holds for `taskId`.
 *
 * @throws {BackendGetError} naming the task and the bytes, when they are no result in this format
 */
export function decodeStored(taskId: string, body: Buffer, format: PayloadFormat): ResultMeta {
  try {
    return decodeMeta(body, format);
  } catch (error) {
    throw new BackendGetError(
      `the stored result of task ${taskId} cannot be read as ${format.serializer}: ${asError(error).message} ` +
        `It has ${body.length} bytes and begins with ${preview(body)}. Use the same result_serializer and ` +
        `result_compression everywhere, or forget the result.`,
      { taskIds: [taskId], cause: error },
    );
  }
}

function preview(body: Buffer): string {
  return JSON.stringify(body.toString("utf8", 0, 80));
}

/** The object that is serialised. */
export function metaToWire(meta: ResultMeta): Record<string, unknown> {
  const wire: Record<string, unknown> = {
    status: meta.status,
    // Python expects the key, which `undefined` would not write.
    result: meta.error ? errorToWire(meta.error) : (meta.result ?? null),
    traceback: meta.traceback,
    children: meta.children,
    date_done: meta.dateDone,
  };
  if (meta.groupId !== undefined) wire["group_id"] = meta.groupId;
  if (meta.parentId !== undefined) wire["parent_id"] = meta.parentId;
  if (meta.extended) Object.assign(wire, extendedToWire(meta.extended));
  wire["task_id"] = meta.taskId;
  return wire;
}

/** The object in which an error is stored. */
export function errorToWire(error: StoredError): Record<string, unknown> {
  return { exc_type: error.excType, exc_message: error.excMessage, exc_module: error.excModule };
}

function extendedToWire(extended: ExtendedMeta): Record<string, unknown> {
  const { stamps, ...fields } = extended;
  return stamps && Object.keys(stamps).length > 0
    ? { ...fields, stamped_headers: Object.keys(stamps), ...stamps }
    : { ...fields };
}

/** Reads the object that was serialised; absent fields take their defaults. @throws {DecodeError} for any other shape */
export function metaFromWire(wire: unknown): ResultMeta {
  if (!isRecord(wire) || typeof wire["status"] !== "string" || typeof wire["task_id"] !== "string") {
    throw new DecodeError("a stored result is not an object with task_id and status");
  }
  const status = wire["status"];
  const error = ERROR_STATES.has(status) ? errorFromWire(wire["result"]) : undefined;
  return {
    taskId: wire["task_id"],
    status,
    result: error ? null : wire["result"],
    error,
    traceback: typeof wire["traceback"] === "string" ? wire["traceback"] : null,
    children: Array.isArray(wire["children"]) ? (wire["children"] as ResultTuple[]) : null,
    dateDone: dateText(wire["date_done"]),
    groupId: optionalText(wire["group_id"]),
    parentId: optionalText(wire["parent_id"]),
    extended: extendedFromWire(wire),
  };
}

/** Reads a stored error; what has another shape becomes the argument of an `Exception`. */
export function errorFromWire(result: unknown): StoredError {
  if (!isRecord(result)) return { excType: "Exception", excModule: "builtins", excMessage: [result] };
  const message = result["exc_message"];
  return {
    excType: optionalText(result["exc_type"]) ?? "Exception",
    excModule: optionalText(result["exc_module"]) ?? "builtins",
    excMessage:
      Array.isArray(message) || typeof message === "string" ? (message as unknown[] | string) : [message],
  };
}

function extendedFromWire(wire: Readonly<Record<string, unknown>>): ExtendedMeta | undefined {
  if (!Object.hasOwn(wire, "name")) return undefined;
  const names = Array.isArray(wire["stamped_headers"]) ? (wire["stamped_headers"] as string[]) : [];
  return {
    name: optionalText(wire["name"]) ?? null,
    args: wire["args"] ?? null,
    kwargs: wire["kwargs"] ?? null,
    worker: optionalText(wire["worker"]) ?? null,
    retries: typeof wire["retries"] === "number" ? wire["retries"] : null,
    queue: optionalText(wire["queue"]) ?? null,
    ...(names.length > 0 && { stamps: Object.fromEntries(names.map((name) => [name, wire[name]])) }),
  };
}

/** YAML and msgpack readers may have made a Date of it. */
function dateText(value: unknown): string | null {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" ? value : null;
}

const optionalText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
