import { asError } from "@q/kernel";
import { DecodeError } from "@q/messaging/internal/client";
import type { ChordPart } from "./chord-store.ts";
import { BackendGetError } from "./errors.ts";
import { errorFromWire, errorToWire, isErrorState, type PayloadFormat } from "./result-payload.ts";

/**
 * A counted member in the form of Celery: `[1, task id, state, value]`. Never compressed, unlike a result, since Celery
 * does not compress it either.
 *
 * @see celery/backends/redis.py, on_chord_part_return
 */
export function encodePart(part: ChordPart, format: PayloadFormat): Buffer {
  const value = part.error ? errorToWire(part.error) : (part.result ?? null);
  const { serializer } = format;
  return format.codec.encode([1, part.taskId, part.status, value], { serializer, compression: undefined })
    .body;
}

/** @throws {BackendGetError} when the bytes are none in this format */
export function decodePart(groupId: string, body: Buffer, format: PayloadFormat): ChordPart {
  const { contentType, contentEncoding } = format;
  try {
    return partFromWire(
      groupId,
      format.codec.decode(body, { contentType, contentEncoding, compression: undefined }),
    );
  } catch (error) {
    throw new BackendGetError(
      `a counted member of the chord ${groupId} cannot be read as ${format.serializer}: ${asError(error).message}. ` +
        "Use the same result_serializer everywhere.",
      { taskIds: [groupId], cause: error },
    );
  }
}

function partFromWire(groupId: string, wire: unknown): ChordPart {
  if (!Array.isArray(wire)) throw new DecodeError("it is no array");
  const [, taskId, status, value] = wire as unknown[];
  if (typeof taskId !== "string" || typeof status !== "string")
    throw new DecodeError("it names no task or no state");
  const base = { groupId, taskId, status, groupIndex: undefined };
  return isErrorState(status)
    ? { ...base, result: null, error: errorFromWire(value) }
    : { ...base, result: value };
}
