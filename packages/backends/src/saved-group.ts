import { asError } from "@q/kernel";
import { DecodeError } from "@q/messaging/internal/client";
import type { ResultTuple } from "./contracts.ts";
import { BackendGetError } from "./errors.ts";
import type { PayloadFormat } from "./result-payload.ts";

/**
 * A group of results in the form in which Celery saves it: `{"result": [[id, parent], [members]]}`.
 *
 * @see celery/backends/base.py, _save_group
 */
export function encodeGroup(group: ResultTuple, format: PayloadFormat): Buffer {
  const { serializer, compression } = format;
  return format.codec.encode({ result: group }, { serializer, compression }).body;
}

/** @throws {BackendGetError} when the bytes are no saved group in this format */
export function decodeGroup(id: string, body: Buffer, format: PayloadFormat): ResultTuple {
  const { contentType, contentEncoding, compression } = format;
  try {
    const wire = format.codec.decode(body, { contentType, contentEncoding, compression });
    const result: unknown = isRecord(wire) ? wire["result"] : undefined;
    if (!isResultTuple(result)) throw new DecodeError("it is no tuple of results");
    return result;
  } catch (error) {
    throw new BackendGetError(
      `the saved group ${id} cannot be read as ${format.serializer}: ${asError(error).message}. ` +
        "Use the same result_serializer everywhere, or delete the group.",
      { taskIds: [id], cause: error },
    );
  }
}

/** True for `[[id, parent], children]`, all the way down. */
export function isResultTuple(value: unknown): value is ResultTuple {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return false;
  const [[id, parent], children] = value as [unknown[], unknown];
  if (typeof id !== "string") return false;
  if (parent !== null && parent !== undefined && !isResultTuple(parent)) return false;
  return (
    children === null || children === undefined || (Array.isArray(children) && children.every(isResultTuple))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
